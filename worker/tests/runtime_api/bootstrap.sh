#!/bin/sh
# A bootstrap as in AWS's tutorial for custom runtimes: curl asks for an event, the script answers.
set -eu
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
headers=$(mktemp)
echo "starting $_HANDLER of $AWS_LAMBDA_FUNCTION_NAME:$AWS_LAMBDA_FUNCTION_VERSION"
while true; do
  event=$(curl -sSL -D "$headers" "$api/invocation/next")
  id=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$headers" | tr -d '[:space:]' | cut -d: -f2)
  echo "event $id"
  case "$event" in
    *fail*)
      curl -sS -o /dev/null -X POST -H 'Lambda-Runtime-Function-Error-Type: Function.Refused' \
        -d '{"errorMessage": "I was told to", "errorType": "Refused"}' "$api/invocation/$id/error" ;;
    *exit*)
      echo "leaving" >&2
      exit 7 ;;
    *)
      curl -sS -o /dev/null -X POST --data-binary "{\"got\": $event}" "$api/invocation/$id/response" ;;
  esac
done
