// Ordinary work of functions. Each line must be true.
"use strict";
const crypto = require("crypto");
const dns = require("dns");
const fs = require("fs");
const http = require("http");
const os = require("os");
const zlib = require("zlib");
const { Worker } = require("worker_threads");

const attempt = async (what) => {
  try {
    return await what();
  } catch (error) {
    return String(error);
  }
};

const server = async () => {
  const listening = http.createServer((request, response) => response.end("hello"));
  await new Promise((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const answer = await fetch(`http://127.0.0.1:${listening.address().port}/`);
  const text = await answer.text();
  listening.close();
  return text === "hello";
};

const worker = () =>
  new Promise((resolve, reject) => {
    const thread = new Worker("require('worker_threads').parentPort.postMessage(7)", { eval: true });
    thread.on("message", (message) => resolve(message === 7));
    thread.on("error", reject);
  });

const needs = {
  bundle: () => fs.readFileSync(__filename).length > 0,
  bundleFolder: () => fs.readdirSync(__dirname).length > 0,
  temporaryFiles: () => {
    fs.writeFileSync("/tmp/a", "text");
    fs.renameSync("/tmp/a", "/tmp/b");
    return fs.readFileSync("/tmp/b", "utf8") === "text";
  },
  processors: () => os.cpus().length > 0 && os.availableParallelism() > 0,
  memory: () => os.totalmem() > 0 && process.memoryUsage.rss() > 0,
  networkDevices: () => os.networkInterfaces().lo[0].address === "127.0.0.1",
  user: () => os.userInfo().username === "function",
  hostName: () => os.hostname() === "sandbox",
  random: () => crypto.randomBytes(16).length === 16,
  threadPool: () => new Promise((resolve) => crypto.pbkdf2("a", "b", 1000, 32, "sha256", (error) => resolve(!error))),
  compression: () => zlib.gunzipSync(zlib.gzipSync("text")).toString() === "text",
  localHost: async () => (await dns.promises.lookup("localhost", { family: 4 })).address === "127.0.0.1",
  noSuchHost: async () => (await dns.promises.lookup("brink.invalid").catch((error) => error)).syscall === "getaddrinfo",
  server,
  worker,
  webAssembly: () => WebAssembly.validate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
  timeZone: () => new Date(0).getHours() === 0 && new Date(0).toLocaleString("en", { timeZone: "Asia/Tokyo" }).includes("9:00"),
  signals: () => process.kill(process.pid, 0),
};

exports.handler = async () => {
  const works = {};
  for (const [name, need] of Object.entries(needs)) works[name] = await attempt(need);
  return works;
};
