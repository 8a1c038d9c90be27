import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { createBillingProvider } from './recording-provider.ts'
import { createMailServer } from './recording-mail-server.ts'
import type { Asked, Books, Told } from './recorder-messages.ts'
import { createTroubleMaker } from './trouble-maker.ts'

// A process of its own, so that whatever happens to the deployment does not touch what counts its effects.
const tell = (told: Told) => void process.send?.(told)
const troubleMaker = createTroubleMaker(tell)
const messages: Books['messages'] = []
const billing = createBillingProvider(troubleMaker, process.env.BILLING_HTTP_SECRET ?? '')
const mail = createMailServer(troubleMaker, messages)

process.on('message', (asked: Asked) => {
  troubleMaker.hear(asked)
  if (asked.type !== 'read') return
  const { effects, misuses } = billing
  const { injections } = troubleMaker
  tell({ type: 'books', books: { messages, effects, misuses, injections, running: billing.running() } })
})
process.once('disconnect', () => process.exit())

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
const [smtp, http] = [await listening(mail), await listening(billing.server)]
tell({ type: 'ready', smtpUrl: `smtp://${smtp}`, billingUrl: `http://${http}/calls` })
