-- People who are not in the configuration file: which GitHub login is whose Slack account.

CREATE TABLE links (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  team     text NOT NULL,
  member   text NOT NULL,
  -- As GitHub spells it, or as it was typed.
  login    text NOT NULL CHECK (login ~ '^[A-Za-z0-9][A-Za-z0-9-]{0,38}$'),
  -- By an e-mail address that both profiles show, or by somebody's word.
  how      text NOT NULL CHECK (how IN ('email', 'confirmed')),
  by_name  text NOT NULL,
  at       timestamptz(3) NOT NULL,
  ended_at timestamptz(3),
  ended_by text,
  CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
-- A member has one login, and a login is one member's.
CREATE UNIQUE INDEX links_of_member ON links (team, member) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX links_of_login ON links (lower(login)) WHERE ended_at IS NULL;

-- What somebody has said of himself or herself, and who answered.
CREATE TABLE link_requests (
  id          text PRIMARY KEY,
  team        text NOT NULL,
  member      text NOT NULL,
  login       text NOT NULL,
  asked_at    timestamptz(3) NOT NULL,
  -- Where it is asked; the message's ts once it was posted.
  pipeline    text NOT NULL REFERENCES pipelines,
  channel     text NOT NULL,
  ts          text,
  answer      text CHECK (answer IN ('confirmed', 'refused', 'withdrawn')),
  answered_by text,
  answered_at timestamptz(3),
  CHECK ((answer IS NULL) = (answered_by IS NULL)),
  CHECK ((answer IS NULL) = (answered_at IS NULL))
);
CREATE UNIQUE INDEX link_requests_open ON link_requests (team, member) WHERE answer IS NULL;

-- The public e-mail address of a GitHub account, asked once a day at most; null: it shows none.
CREATE TABLE github_profiles (
  -- In lower case.
  login    text PRIMARY KEY,
  -- As GitHub spells it.
  spelling text NOT NULL,
  email    text,
  asked_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX slack_people_email ON slack_people (email);
CREATE INDEX changes_heard ON changes (heard_at);
