import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

const endOfMessage = '\r\n.\r\n'

/**
 * A mail server that accepts and discards every message, with as little CPU time as possible. It sends its port to the
 * parent process when it is ready.
 */
const sink = createServer((socket) => {
  let inMessage = false
  let end = ''
  const answer = (line: string) => socket.write(`${line}\r\n`)
  answer('220 sink')
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    if (inMessage) {
      end = (end + chunk).slice(-endOfMessage.length)
      if (end !== endOfMessage) return
      inMessage = false
      answer('250 kept')
    } else if (/^data/i.test(chunk)) {
      inMessage = true
      answer('354 go on')
    } else answer('250 ok')
  })
  socket.on('error', () => socket.destroy())
})
sink.listen(0, '127.0.0.1')
await once(sink, 'listening')
process.send?.({ type: 'ready', port: (sink.address() as AddressInfo).port })
process.once('disconnect', () => process.exit())
