// draft.js plays a socket of libzmq 4.3.5 with its drafts, which npm's zeromq ships ready-made: node draft.js ADDON TYPE bind|connect ENDPOINT NUMBER=VALUE…
// It prints the endpoint, then each message it receives as JSON, and obeys lines of standard input: "send" with JSON behind it, and "close". With "events"
// among the options it prints what its monitor tells, too: ["event", NAME].
'use strict'
const [, , addon, type, verb, endpoint, ...options] = process.argv
const zmq = require(addon)
const socket = new zmq.Socket(Number(type), { context: new zmq.Context() })
socket.setInt32Option(17, 0) // LINGER
const say = (what) => process.stdout.write(JSON.stringify(what) + '\n')
async function watch() {
  for (const observer = new zmq.Observer(socket); ;) say(['event', (await observer.receive()).type])
}
for (const o of options) {
  if (o === 'events') {
    watch().catch(() => {})
    continue
  }
  const at = o.indexOf('=')
  const number = Number(o.slice(0, at))
  const value = o.slice(at + 1)
  if (/^[0-9]+$/.test(value)) socket.setInt32Option(number, Number(value))
  else socket.setStringOption(number, value)
}
async function receive() {
  for (;;) {
    const frames = await socket.receive()
    say(frames.map((f) => f.toString('latin1')))
  }
}
async function main() {
  if (verb === 'bind') await socket.bind(endpoint)
  else socket.connect(endpoint)
  say([verb === 'bind' ? socket.getStringOption(32) : endpoint])
  receive().catch(() => {})
  const lines = require('readline').createInterface({ input: process.stdin })
  for await (const line of lines) {
    if (line === 'close') socket.close()
    else await socket.send(JSON.parse(line.slice('send '.length)))
  }
  process.exit(0)
}
main()
