import { expect, test } from 'vitest'
import { smtp } from '../../../plugins/smtp/plugin.ts'
import { postfixReport } from '../../builders/delivery-status-mail.ts'
import { reportsSecret } from '../../stack/engine.ts'
import { startApiForFile } from '../api-under-test.ts'
import { postReport } from '../users/mails.ts'

const api = await startApiForFile({
  plugins: [smtp({ url: 'smtp://127.0.0.1:1', from: 'no-reply@tenantry.example', reportsSecret })],
})

test('The log of a delivery report contains no address, no text of the mail server and no secret', async () => {
  const messageId = 'onb_1.notify-user.1@tenantry.example'
  const report = postfixReport({ messageId, email: 'quoted@example.com' })
  expect((await postReport(api.app, report)).statusCode).toBe(204)
  expect((await postReport(api.app, report, 'Bearer guess-at-the-secret')).statusCode).toBe(400)
  const log = api.log.join('\n')
  expect(log).toContain('delivery reports')
  expect(log).toContain('5.1.1')
  expect(log).not.toMatch(/quoted|User unknown|mailbox table|secret-of-the-mail|guess-at/)
})

test('A report of any bytes is accepted, and a report that is too large is refused', async () => {
  const bytes = Buffer.from(Array.from({ length: 2_000 }, (_, index) => index % 256))
  expect((await postReport(api.app, bytes)).statusCode).toBe(204)
  expect((await postReport(api.app, 'x'.repeat(1024 * 1024 + 1))).statusCode).toBe(413)
})
