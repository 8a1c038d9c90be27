import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { createFaultInjector } from './fault-injector.ts'
import type { Books, RecorderCommand, RecorderReport } from './recorder-messages.ts'
import { createBillingProvider } from './recording-billing-provider.ts'
import { createMailServer } from './recording-mail-server.ts'

// The recorder is a separate process, so that no fault of the deployment affects its counts.
const report = (message: RecorderReport) => void process.send?.(message)
const faultInjector = createFaultInjector(report)
const messages: Books['messages'] = []
const billing = createBillingProvider(faultInjector, process.env.BILLING_HTTP_SECRET ?? '')
const mail = createMailServer(faultInjector, messages)

process.on('message', (command: RecorderCommand) => {
  faultInjector.handle(command)
  if (command.type !== 'read') return
  const { effects, misuses } = billing
  const { injections } = faultInjector
  const openSubscriptions = billing.openSubscriptions()
  report({ type: 'books', books: { messages, effects, misuses, injections, openSubscriptions } })
})
process.once('disconnect', () => process.exit())

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
const [smtp, http] = [await listen(mail), await listen(billing.server)]
report({ type: 'ready', smtpUrl: `smtp://${smtp}`, billingUrl: `http://${http}/calls` })
