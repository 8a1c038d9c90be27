import { afterAll, describe, test } from 'vitest'
import { notifierChecks } from '../../plugins/conformance/index.ts'
import { smtp } from '../../plugins/smtp/plugin.ts'
import { startAskingMailServer } from './asking-mail-server.ts'

const server = await startAskingMailServer()
afterAll(() => server.stop())

const patience = 500

describe('the notifier smtp', () => {
  const connect = (url: string) =>
    smtp({
      url: url.replace('//', `//tenantry:${server.password}@`),
      from: 'no-reply@tenantry.example',
      patience,
    })
  const checks = notifierChecks({
    providerUrl: server.url,
    connect,
    connectWithWrongCredentials: (url) =>
      smtp({
        url: url.replace('//', '//tenantry:wrong-password@'),
        from: 'no-reply@tenantry.example',
        patience,
      }),
    countEffects: async () => server.messages(),
    unknownRecipient: server.unknownRecipient,
    secrets: [server.password, 'wrong-password'],
    patience,
  })
  for (const { name, run } of checks) test(name, run)
})
