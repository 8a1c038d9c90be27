import { pino } from 'pino'
import { expect, test } from 'vitest'
import { warnAboutProviders } from '../../cli/deployment/provider-warnings.ts'
import { ledger } from '../../plugins/ledger/plugin.ts'
import { smtp } from '../../plugins/smtp/plugin.ts'
import { aCustomerBilledBy } from '../builders/plan.ts'
import { freshDatabase } from '../stack/database.ts'

test('at its start, a process warns about accounts without a billing adapter and about unreachable providers', async () => {
  const { db, drop } = await freshDatabase()
  await aCustomerBilledBy(db, 'bygone')
  await aCustomerBilledBy(db, 'bygone')
  await aCustomerBilledBy(db, 'ledger')
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
