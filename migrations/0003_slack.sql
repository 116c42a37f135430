-- The Slack edge: effects that wait for delivery, what was posted where, who is who in the
-- workspace, and which requests have been taken already.

-- One effect of one event, written in the event's own transaction.
CREATE TABLE outbox (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  pipeline     text NOT NULL REFERENCES pipelines,
  -- The train it concerns; null: the line as a whole.
  train        integer,
  -- Rows of one lane are delivered in order, by one process at a time.
  lane         text NOT NULL,
  effect       jsonb NOT NULL,
  -- The event it came from; of an announcement: the newest one it has to show.
  seq          bigint NOT NULL,
  created_at   timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  due_at       timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  attempts     integer NOT NULL DEFAULT 0,
  -- True when an attempt may have taken effect although nobody heard so: probe before repeating.
  unsure       boolean NOT NULL DEFAULT false,
  delivered_at timestamptz(3),
  gave_up_at   timestamptz(3),
  last_error   text,
  CHECK (delivered_at IS NULL OR gave_up_at IS NULL)
);
CREATE INDEX outbox_waiting ON outbox (lane, id) WHERE delivered_at IS NULL AND gave_up_at IS NULL;
CREATE INDEX outbox_delivered ON outbox (delivered_at) WHERE delivered_at IS NOT NULL;
-- An announcement shows the present, so one waiting row per train is enough; an event that comes
-- while it is being delivered raises its seq, and then the delivery does not settle it.
CREATE UNIQUE INDEX outbox_one_announcement ON outbox (pipeline, train)
  WHERE effect->>'type' = 'announce' AND delivered_at IS NULL AND gave_up_at IS NULL;

-- Who drains a lane, and until when nobody else may.
CREATE TABLE outbox_lanes (
  lane   text PRIMARY KEY,
  holder text NOT NULL,
  until  timestamptz(3) NOT NULL
);

-- A train's announcement, and what it shows.
CREATE TABLE messages (
  pipeline   text NOT NULL,
  train      integer NOT NULL,
  channel    text NOT NULL,
  ts         text NOT NULL,
  -- Of the content last sent: what did not change is not sent again.
  hash       text NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (pipeline, train),
  UNIQUE (channel, ts),
  FOREIGN KEY (pipeline, train) REFERENCES trains (pipeline, number)
);

-- The workspace of the bot token, learned from Slack.
CREATE TABLE slack_workspace (
  sole       boolean PRIMARY KEY DEFAULT true CHECK (sole),
  team       text NOT NULL,
  -- Its address, for links to messages.
  url        text NOT NULL,
  learned_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);

-- Members as Slack last described them.
CREATE TABLE slack_people (
  team        text NOT NULL,
  id          text NOT NULL,
  name        text NOT NULL,
  email       text,
  guest       boolean NOT NULL,
  deactivated boolean NOT NULL,
  -- Of another workspace, through a shared channel.
  foreigner   boolean NOT NULL,
  bot         boolean NOT NULL,
  seen_at     timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (team, id)
);

-- Requests and presses that were taken: a repeat is answered, never acted on. Kept ten minutes,
-- twice as long as a signature is valid.
CREATE TABLE slack_seen (
  key text PRIMARY KEY,
  at  timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX slack_seen_at ON slack_seen (at);

-- Rollbacks that were shown to somebody and not yet confirmed: what exactly was shown.
CREATE TABLE slack_previews (
  pipeline    text NOT NULL REFERENCES pipelines,
  person      text NOT NULL,
  environment text NOT NULL,
  shown       jsonb NOT NULL,
  at          timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (pipeline, person, environment)
);
