-- What no deployment has to be asked for any more is history, and there will be much of it.
CREATE INDEX deployments_open ON deployments (pipeline)
  WHERE status <> 'verified' AND NOT settled AND NOT taken_back;
