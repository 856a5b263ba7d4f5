import sqlite3


def handler(event, context):
    base = sqlite3.connect(":memory:")
    base.row_factory = sqlite3.Row
    base.executescript("create table users (id integer primary key, name text unique, score real); create index by_score on users (score);")
    base.executemany("insert into users (name, score) values (?, ?)", [("ada", 9.5), ("bob", 7), ("ü", None)])
    found = [[dict(row) for row in base.execute("select * from users order by score desc nulls last")], base.execute("select count(*), avg(score), group_concat(name) from users").fetchone()[:3]]
    try:
        with base:
            base.execute("insert into users (name) values ('new')")
            base.execute("insert into users (name) values ('ada')")
    except sqlite3.IntegrityError as error:
        found.append(str(error))
    try:
        base.execute("select nothing from nowhere")
    except sqlite3.OperationalError as error:
        found.append(str(error))
    return found + [base.execute("select count(*) from users").fetchone()[0], base.total_changes]
