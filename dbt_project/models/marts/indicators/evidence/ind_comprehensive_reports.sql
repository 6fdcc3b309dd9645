-- Charter 22. One row a version of a report: the report counts while its latest version is final or published.
{{ latest_version_evidence("comprehensive_reports", "comprehensive_report", ["final", "published"]) }}
