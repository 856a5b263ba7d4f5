import io

import boto3
import botocore.exceptions
from boto3.dynamodb.conditions import Attr
from botocore.config import Config

KEYS = {"region_name": "eu-west-1", "aws_access_key_id": "AKID", "aws_secret_access_key": "secret"}


def attempt(action):
    try:
        return action()
    except botocore.exceptions.ClientError as error:
        return [str(error), error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]]
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ParamValidationError) as error:
        return [type(error).__name__]


def handler(event, context):
    origin, text = event["origin"], event["text"]
    config = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"})
    s3 = boto3.client("s3", endpoint_url=origin, config=config, **KEYS)
    bucket, key = "shop", "py/ü.txt"
    put = s3.put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType="text/plain", Metadata={"own": "1"})
    got = s3.get_object(Bucket=bucket, Key=key)
    found = [put["ETag"], got["ContentType"], got["Metadata"], got["Body"].read().decode(), got["LastModified"].isoformat()]
    s3.upload_fileobj(io.BytesIO(b"x" * 1000), bucket, "py/up")
    found.append([[item["Key"], item["Size"]] for item in s3.list_objects_v2(Bucket=bucket, Prefix="py/")["Contents"]])
    found.append(attempt(lambda: s3.get_object(Bucket=bucket, Key="none")))
    found.append(attempt(lambda: s3.head_object(Bucket=bucket, Key="none")))
    found.append(attempt(lambda: s3.get_object(Bucket=bucket)))
    for name in (key, "py/up"):
        s3.delete_object(Bucket=bucket, Key=name)
    table = boto3.resource("dynamodb", endpoint_url=origin, config=config, **KEYS).Table("carts")
    table.put_item(Item={"id": "ü", "n": 12345678901234567890, "b": b"\x01\xff", "l": [None, False, {"s": {1, 2}}]})
    item = table.get_item(Key={"id": "ü"})["Item"]
    found.append([str(item["n"]), item["b"].value.hex(), item["l"][:2], sorted(map(int, item["l"][2]["s"]))])
    found.append(attempt(lambda: table.put_item(Item={"id": "ü"}, ConditionExpression=Attr("id").not_exists())))
    table.delete_item(Key={"id": "ü"})
    found.append(table.scan()["Count"])
    away = boto3.client("dynamodb", endpoint_url="http://127.0.0.1:1", config=config, **KEYS)
    found.append(isinstance(attempt(lambda: away.list_tables()), list))
    return found
