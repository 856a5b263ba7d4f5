import uuid


def handler(event, context):
    made = uuid.uuid5(uuid.NAMESPACE_URL, "https://example.com/ü")
    parsed = uuid.UUID("{12345678-1234-5678-1234-567812345678}")
    found = [str(made), made.version, made.hex, made.urn, str(uuid.uuid3(uuid.NAMESPACE_DNS, "a")), parsed.fields, parsed.int % 97, uuid.uuid4().version, uuid.uuid4() != uuid.uuid4(), str(uuid.UUID(int=0))]
    try:
        uuid.UUID("nonsense")
    except ValueError as error:
        found.append(str(error))
    return found
