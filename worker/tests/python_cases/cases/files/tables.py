import csv
import io


def handler(event, context):
    rows = list(csv.reader(io.StringIO(event)))
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_MINIMAL)
    writer.writerows(rows + [['with "quotes"', "a,b", "new\nline", None, 1.5, ""]])
    found = [rows, out.getvalue(), [dict(row) for row in csv.DictReader(io.StringIO(event))], list(csv.reader(["a;b;'c;d'"], delimiter=";", quotechar="'"))]
    try:
        found.append(csv.Sniffer().sniff(event).delimiter)
    except csv.Error as error:
        found.append(str(error))
    return found
