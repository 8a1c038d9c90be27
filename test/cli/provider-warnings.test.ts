import { pino } from 'pino'
import { expect, test } from 'vitest'
import { warnAboutProviders } from '../../cli/deployment/provider-warnings.ts'
import { ledger } from '../../plugins/ledger/plugin.ts'
import { smtp } from '../../plugins/smtp/plugin.ts'
import { aSubscription } from '../builders/subscription.ts'
import { freshDatabase } from '../stack/database.ts'

test('a process that starts says whom nobody bills, and which provider can not be reached', async () => {
  const { db, drop } = await freshDatabase()
  await aSubscription(db, { billingAdapter: 'bygone' })
  await aSubscription(db, { billingAdapter: 'bygone' })
  await aSubscription(db, { billingAdapter: 'ledger' })
  const mail = smtp({ url: 'smtp://127.0.0.1:9', from: 'no-reply@tenantry.example' })
  const lines: { level: number; check: string; msg: string }[] = []
  const logger = pino({}, { write: (line) => lines.push(JSON.parse(line)) })

  await warnAboutProviders(
    { db, plugins: [ledger({ db, prices: { currency: 'USD', purchased: 500, trial: 0 } }), mail] },
    logger,
  )

  const warning = pino.levels.values.warn
  expect(lines).toMatchObject([
    {
      level: warning,
      check: 'Billing of the accounts',
      msg: expect.stringContaining('2 accounts are billed by "bygone", which no plug-in brings.'),
    },
    {
      level: warning,
      check: 'Notifier "smtp"',
      msg: expect.stringContaining('The mail server could not be reached'),
    },
  ])
  await mail.close?.()
  await drop()
})
