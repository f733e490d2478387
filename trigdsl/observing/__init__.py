"""What an engine, its live clock and its outbox tell of their work, for metrics, logs and traces.

`observer` has what is told; `metrics` (Prometheus), `logs` and `spans` (OpenTelemetry) pass it on.

```python
from trigdsl.observing.logs import Logs
from trigdsl.observing.metrics import Metrics
from trigdsl.observing.observer import Observers

observer = Observers(Metrics(), Logs())
engine = trigdsl.Engine(program, store="sqlite:///state.db", observer=observer)
```
"""
