-- Watchdogs: what people were told that may be forgotten, and when a run last wrote something.

-- A concern is told once, under its kind and what it is about.
CREATE TABLE watch_told (
  -- The pipeline it stands in; empty: in all of them at once.
  pipeline text NOT NULL,
  kind     text NOT NULL CHECK (kind IN ('not_started', 'silent', 'slower', 'checks', 'waiting',
                                         'lock', 'no_deploy', 'failures')),
  about    text NOT NULL,
  since    timestamptz(3) NOT NULL,
  told_at  timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  -- When it was seen to stand no longer; null: it stands.
  ended_at timestamptz(3),
  PRIMARY KEY (pipeline, kind, about)
);

-- When the watchdogs look at it next: one process looks, and the next look is soon.
ALTER TABLE pipelines ADD COLUMN watch_at timestamptz(3) NOT NULL DEFAULT '-infinity';

-- When its log last grew; null: nothing was heard. A note for the watchdogs: nothing is decided on it.
ALTER TABLE deployments ADD COLUMN spoke_at timestamptz(3);

-- Who sent a train, found without reading its whole audit.
CREATE INDEX events_departures ON events (chain, at) WHERE type = 'train_departed';
