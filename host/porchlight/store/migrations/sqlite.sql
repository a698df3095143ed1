CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE party (
	thumb VARCHAR(43) NOT NULL,
	kind VARCHAR(8) NOT NULL,
	name VARCHAR(32) NOT NULL,
	x BLOB NOT NULL,
	y BLOB NOT NULL,
	added_at BIGINT NOT NULL,
	PRIMARY KEY (thumb)
);

CREATE UNIQUE INDEX party_name ON party (kind, name);

CREATE TABLE camera (
	id VARCHAR(43) NOT NULL,
	resident VARCHAR(43) NOT NULL,
	label VARCHAR(64) NOT NULL,
	source VARCHAR(16) NOT NULL,
	board_key BLOB NOT NULL,
	statement BLOB NOT NULL,
	place JSON,
	added_at BIGINT NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(resident) REFERENCES party (thumb)
);

CREATE INDEX camera_resident ON camera (resident);

CREATE TABLE consent_grant (
	jti VARCHAR(22) NOT NULL,
	camera VARCHAR(43) NOT NULL,
	resident VARCHAR(43) NOT NULL,
	token BLOB NOT NULL,
	seq BIGINT NOT NULL,
	nbf BIGINT NOT NULL,
	exp BIGINT NOT NULL,
	received_at BIGINT NOT NULL,
	revoked_at BIGINT,
	expired_at BIGINT,
	PRIMARY KEY (jti),
	FOREIGN KEY(camera) REFERENCES camera (id),
	FOREIGN KEY(resident) REFERENCES party (thumb)
);

CREATE UNIQUE INDEX grant_camera_seq ON consent_grant (camera, seq);

CREATE INDEX grant_resident ON consent_grant (resident);

CREATE TABLE grant_hub (
	jti VARCHAR(22) NOT NULL,
	hub VARCHAR(43) NOT NULL,
	PRIMARY KEY (jti, hub),
	FOREIGN KEY(jti) REFERENCES consent_grant (jti),
	FOREIGN KEY(hub) REFERENCES party (thumb)
);

CREATE INDEX grant_hub_hub ON grant_hub (hub);

CREATE TABLE entry (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	ts_ms BIGINT NOT NULL,
	type VARCHAR(24) NOT NULL,
	resident VARCHAR(43),
	camera VARCHAR(43),
	hub VARCHAR(43),
	hub_name VARCHAR(32),
	jti VARCHAR(22),
	"view" VARCHAR(22),
	purpose VARCHAR(32),
	case_number VARCHAR(64),
	reason VARCHAR(280),
	detail JSON, i BIGINT, leaf BLOB, leaf_hash BLOB,
	CONSTRAINT entry_counts_from_one CHECK (n > 0)
);

CREATE INDEX entry_resident ON entry (resident, n);

CREATE INDEX entry_view ON entry ("view", type);

CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;

CREATE TRIGGER entry_at_end BEFORE INSERT ON entry WHEN NEW.n IS NOT NULL AND NEW.n <> -1 AND NEW.n <= (SELECT COALESCE(MAX(n), 0) FROM entry) BEGIN SELECT RAISE(ABORT, 'entries are only added at the end'); END;

CREATE TABLE mark (
	camera VARCHAR(43) NOT NULL,
	boot BIGINT NOT NULL,
	sequence BIGINT NOT NULL,
	PRIMARY KEY (camera)
);

CREATE TABLE ahead (
	thumb VARCHAR(43) NOT NULL,
	iat BIGINT NOT NULL,
	PRIMARY KEY (thumb)
);

CREATE TABLE log_cosignature (
	resident VARCHAR(43) NOT NULL,
	witness VARCHAR(255) NOT NULL,
	size BIGINT NOT NULL,
	at BIGINT NOT NULL,
	line TEXT NOT NULL,
	PRIMARY KEY (resident, witness)
);

CREATE TABLE witnessed (
	origin VARCHAR(255) NOT NULL,
	size BIGINT NOT NULL,
	root BLOB NOT NULL,
	note TEXT NOT NULL,
	PRIMARY KEY (origin)
);

CREATE TABLE entry_words (
	n INTEGER NOT NULL,
	case_number VARCHAR(64),
	case_salt BLOB,
	reason VARCHAR(280),
	reason_salt BLOB, case_key VARCHAR(64), statement VARCHAR(2048), statement_salt BLOB,
	PRIMARY KEY (n),
	FOREIGN KEY(n) REFERENCES entry (n)
);

CREATE TABLE log_head (
	resident VARCHAR(43) NOT NULL,
	size BIGINT NOT NULL,
	peaks BLOB NOT NULL,
	PRIMARY KEY (resident)
);

CREATE TABLE log_node (
	resident VARCHAR(43) NOT NULL,
	level SMALLINT NOT NULL,
	i BIGINT NOT NULL,
	hash BLOB NOT NULL,
	PRIMARY KEY (resident, level, i)
);

CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;

CREATE UNIQUE INDEX entry_log ON entry (resident, i);

CREATE TABLE hub_issuer (
	hub VARCHAR(43) NOT NULL,
	issuer VARCHAR(512) NOT NULL,
	client_id VARCHAR(256) NOT NULL,
	roles_claim VARCHAR(64) NOT NULL,
	roles JSON NOT NULL,
	set_at BIGINT NOT NULL,
	PRIMARY KEY (hub),
	FOREIGN KEY(hub) REFERENCES party (thumb)
);

CREATE TABLE sign_in (
	nonce_hash BLOB NOT NULL,
	hub VARCHAR(43) NOT NULL,
	expires BIGINT NOT NULL,
	PRIMARY KEY (nonce_hash)
);

CREATE INDEX sign_in_hub ON sign_in (hub, expires);

CREATE TABLE operator_session (
	token_hash BLOB NOT NULL,
	hub VARCHAR(43) NOT NULL,
	operator VARCHAR(22) NOT NULL,
	roles JSON NOT NULL,
	issuer VARCHAR(512) NOT NULL,
	client_id VARCHAR(256) NOT NULL,
	expires BIGINT NOT NULL,
	PRIMARY KEY (token_hash)
);

CREATE INDEX operator_session_hub ON operator_session (hub, expires);

CREATE TABLE approval (
	id VARCHAR(22) NOT NULL,
	hub VARCHAR(43) NOT NULL,
	asked_by VARCHAR(22) NOT NULL,
	asked_at BIGINT NOT NULL,
	expires BIGINT NOT NULL,
	wanted JSON NOT NULL,
	approved_by VARCHAR(22),
	approved_at BIGINT,
	opened_at BIGINT,
	PRIMARY KEY (id)
);

CREATE INDEX approval_hub ON approval (hub, expires);

CREATE TABLE host_secret (
	name VARCHAR(32) NOT NULL,
	value BLOB NOT NULL,
	PRIMARY KEY (name)
);

CREATE INDEX entry_hub ON entry (hub, type, ts_ms);

CREATE TABLE request (
	id VARCHAR(22) NOT NULL,
	hub VARCHAR(43) NOT NULL,
	token BLOB NOT NULL,
	case_key VARCHAR(64) NOT NULL,
	purpose VARCHAR(32) NOT NULL,
	place JSON NOT NULL,
	exp BIGINT NOT NULL,
	received_at BIGINT NOT NULL,
	done_at BIGINT,
	closed_at BIGINT,
	PRIMARY KEY (id),
	FOREIGN KEY(hub) REFERENCES party (thumb)
);

CREATE INDEX request_hub ON request (hub, received_at);

CREATE INDEX request_case ON request (hub, case_key);

CREATE INDEX request_exp ON request (closed_at, exp);

CREATE INDEX request_done ON request (done_at, exp);

CREATE TABLE request_asked (
	request VARCHAR(22) NOT NULL,
	resident VARCHAR(43) NOT NULL,
	hub VARCHAR(43) NOT NULL,
	case_key VARCHAR(64) NOT NULL,
	cameras JSON NOT NULL,
	asked_at BIGINT NOT NULL,
	denied_at BIGINT,
	expired_at BIGINT,
	PRIMARY KEY (request, resident),
	FOREIGN KEY(request) REFERENCES request (id),
	FOREIGN KEY(resident) REFERENCES party (thumb)
);

CREATE UNIQUE INDEX request_asked_once ON request_asked (resident, hub, case_key);

CREATE TABLE request_approval (
	request VARCHAR(22) NOT NULL,
	camera VARCHAR(43) NOT NULL,
	resident VARCHAR(43) NOT NULL,
	jti VARCHAR(22) NOT NULL,
	approved_at BIGINT NOT NULL,
	release_at BIGINT NOT NULL,
	PRIMARY KEY (request, camera),
	FOREIGN KEY(request) REFERENCES request (id),
	FOREIGN KEY(camera) REFERENCES camera (id),
	FOREIGN KEY(jti) REFERENCES consent_grant (jti)
);

CREATE UNIQUE INDEX request_approval_grant ON request_approval (jti);

CREATE TABLE request_opt_in (
	resident VARCHAR(43) NOT NULL,
	hub VARCHAR(43) NOT NULL,
	purpose VARCHAR(32) NOT NULL,
	PRIMARY KEY (resident, hub, purpose),
	FOREIGN KEY(resident) REFERENCES party (thumb),
	FOREIGN KEY(hub) REFERENCES party (thumb)
);

CREATE INDEX request_opt_in_hub ON request_opt_in (hub, purpose);

CREATE TABLE delegate (
	jti VARCHAR(22) NOT NULL,
	camera VARCHAR(43) NOT NULL,
	resident VARCHAR(43) NOT NULL,
	agent VARCHAR(43) NOT NULL,
	token BLOB NOT NULL,
	exp BIGINT NOT NULL,
	received_at BIGINT NOT NULL,
	revoked_at BIGINT,
	PRIMARY KEY (jti),
	FOREIGN KEY(camera) REFERENCES camera (id)
);

CREATE INDEX delegate_agent ON delegate (agent, camera);

CREATE TABLE said (
	camera VARCHAR(43) NOT NULL,
	statuses BLOB NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (camera),
	FOREIGN KEY(camera) REFERENCES camera (id)
);

CREATE TABLE clip (
	id VARCHAR(22) NOT NULL,
	camera VARCHAR(43) NOT NULL,
	resident VARCHAR(43) NOT NULL,
	jti VARCHAR(22) NOT NULL,
	started_ms BIGINT NOT NULL,
	ended_ms BIGINT NOT NULL,
	frames INTEGER NOT NULL,
	size_bytes BIGINT NOT NULL,
	sha256 VARCHAR(64) NOT NULL,
	width INTEGER NOT NULL,
	height INTEGER NOT NULL,
	sealed BOOLEAN NOT NULL,
	best_at BIGINT NOT NULL,
	best_bytes INTEGER NOT NULL,
	delete_at BIGINT NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(camera) REFERENCES camera (id)
);

CREATE INDEX clip_camera ON clip (camera, started_ms);

CREATE INDEX clip_resident ON clip (resident, started_ms);

CREATE INDEX clip_due ON clip (delete_at);

CREATE TABLE recording_rule (
	camera VARCHAR(43) NOT NULL,
	enabled BOOLEAN NOT NULL,
	reader_x BLOB,
	reader_y BLOB,
	changed_at BIGINT NOT NULL,
	PRIMARY KEY (camera),
	FOREIGN KEY(camera) REFERENCES camera (id)
);

CREATE TABLE webhook (
	id VARCHAR(22) NOT NULL,
	owner VARCHAR(43) NOT NULL,
	url VARCHAR(512) NOT NULL,
	secret BLOB NOT NULL,
	added_at BIGINT NOT NULL,
	done BIGINT NOT NULL,
	tries INTEGER NOT NULL,
	failing_since BIGINT,
	next_ms BIGINT NOT NULL,
	fault VARCHAR(32),
	stopped_at BIGINT,
	PRIMARY KEY (id),
	FOREIGN KEY(owner) REFERENCES party (thumb)
);

CREATE INDEX webhook_owner ON webhook (owner);

CREATE TABLE report_published (
	resident VARCHAR(43) NOT NULL,
	quarter VARCHAR(7) NOT NULL,
	sha256 VARCHAR(64) NOT NULL,
	PRIMARY KEY (resident, quarter, sha256)
);

CREATE INDEX entry_words_case ON entry_words (case_key);

CREATE TABLE look_account (
	"view" VARCHAR(22) NOT NULL,
	camera VARCHAR(43) NOT NULL,
	seconds BIGINT NOT NULL,
	frames BIGINT NOT NULL,
	bytes BIGINT NOT NULL,
	PRIMARY KEY ("view", camera)
);

CREATE TABLE digest_told (
	resident VARCHAR(43) NOT NULL,
	until_ms BIGINT NOT NULL,
	entry BIGINT NOT NULL,
	PRIMARY KEY (resident)
);

INSERT INTO alembic_version (version_num) VALUES ('0012');
