// Signs with the signer of the AWS SDK: a wish on each line of the input, and on each line of the
// output a signed URL and the cookies that say the same.

const { readFileSync } = require("node:fs");
const { getSignedCookies, getSignedUrl } = require("@aws-sdk/cloudfront-signer");

for (const line of readFileSync(0, "utf8").trim().split("\n")) {
    const wish = JSON.parse(line);
    const signing = {
        url: wish.url,
        keyPairId: wish.key_pair_id,
        privateKey: readFileSync(wish.private_key, "utf8"),
        algorithm: wish.hash,
        dateLessThan: new Date(wish.expires * 1000),
        ...(wish.starts && { dateGreaterThan: new Date(wish.starts * 1000) }),
        ...(wish.ip && { ipAddress: wish.ip }),
    };
    console.log(JSON.stringify({ url: getSignedUrl(signing), cookies: getSignedCookies(signing) }));
}
