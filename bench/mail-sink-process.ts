import { SMTPServer } from 'smtp-server'

/** Accepts every mail and keeps none. Tells its port when it is ready. */
const sink = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  onData(stream, _session, done) {
    stream.on('end', done).resume()
  },
})
const listening = sink.listen(0, '127.0.0.1', () => {
  const address = listening.address()
  if (typeof address === 'object') process.send?.({ type: 'ready', port: address?.port })
})
process.once('disconnect', () => process.exit())
