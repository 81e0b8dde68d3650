// A Node server on the package `ws`: refuses in verifyClient, chooses subprotocols, limits what a frame may hold.
"use strict";
const fs = require("fs");
const http = require("http");
const crypto = require("crypto");
const { WebSocketServer } = require("ws");
const config = JSON.parse(process.argv[2]);
const record = (kind, path) => fs.appendFileSync(config.seen, JSON.stringify({ kind, path }) + "\n");

function verified(token) {
  const parts = (token || "").split(".");
  if (parts.length !== 3) return null;
  const hash = { HS256: "sha256", HS384: "sha384", HS512: "sha512" };
  try {
    const header = JSON.parse(Buffer.from(parts[0], "base64url"));
    if (!(config.algorithms || ["HS256"]).includes(header.alg)) return null;
    const mac = crypto.createHmac(hash[header.alg], config.key).update(parts[0] + "." + parts[1]).digest("base64url");
    const claims = JSON.parse(Buffer.from(parts[1], "base64url"));
    return mac === parts[2] && claims.exp * 1000 > Date.now() ? claims : null;
  } catch {
    return null;
  }
}

function bearer(request) {
  const [scheme, token] = (request.headers.authorization || "").split(" ");
  return scheme === (config.scheme || "Bearer") ? verified(token) : null;
}

const server = http.createServer((request, response) => {
  record("rest", request.url);
  if (request.url === "/api/health") return response.end("OK");
  if (request.url === "/api/auth/me") response.statusCode = bearer(request) ? 200 : 401;
  else response.statusCode = 426;
  response.end();
});
server.prependListener("upgrade", (request) => record("handshake", request.url));

const options = { server, path: config.path || "/ws", maxPayload: 64 };
options.verifyClient = ({ origin, req }, done) => {
  if (config.origins && !config.origins.includes(origin)) return done(false, 403, "Forbidden");
  if (!config.key) return done(true);
  const claims = bearer(req);
  if (!claims) return done(false, 401, "Unauthorized");
  if (config.audience && claims.aud !== config.audience) return done(false, 401, "Unauthorized");
  return done(true);
};
if (config.chooses) options.handleProtocols = (offered) => (config.chooses === "first" ? [...offered][0] : config.chooses);
const sockets = new WebSocketServer(options);
sockets.on("connection", (socket) => {
  if (config.greeting) socket.send(config.greeting);
  if (config.speaks && socket.protocol !== config.speaks) socket.close(1008, "subprotocol");
  socket.on("error", () => {});
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume().on("end", () => process.exit(0));
