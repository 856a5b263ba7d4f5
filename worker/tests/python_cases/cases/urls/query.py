from urllib.parse import parse_qs, parse_qsl, urlencode


def handler(event, context):
    found = []
    for query in event:
        found.append([parse_qs(query), parse_qsl(query, keep_blank_values=True), urlencode(parse_qsl(query, keep_blank_values=True)), urlencode(sorted(parse_qs(query).items()), doseq=True)])
        try:
            found.append(parse_qs(query, strict_parsing=True, max_num_fields=2))
        except ValueError as error:
            found.append(str(error))
    return found
