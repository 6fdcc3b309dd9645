-- Charter 34. One row a version of a strategy plan: the plan counts while its latest version is final or adopted.
{{ latest_version_evidence("sector_strategies", "strategy_plan", ["final", "adopted"]) }}
