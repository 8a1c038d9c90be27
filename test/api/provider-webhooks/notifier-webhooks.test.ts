import { afterAll, beforeAll, expect, test } from 'vitest'
import { smtp } from '../../../plugins/smtp/plugin.ts'
import { postfixReport } from '../../builders/delivery-status-mail.ts'
import { reportsSecret } from '../../stack/tenantry-command.ts'
import { type ApiUnderTest, startApi } from '../api-under-test.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi({
    plugins: [smtp({ url: 'smtp://127.0.0.1:1', from: 'no-reply@tenantry.example', reportsSecret })],
  })
})
afterAll(() => api.close())

const post = (payload: string | Buffer, authorization = `Bearer ${reportsSecret}`) =>
  api.app.inject({
    method: 'POST',
    url: '/v1/notifiers/smtp/webhooks',
    headers: { 'content-type': 'message/rfc822', authorization },
    payload,
  })

test('a report leaves neither an address, nor what a mail server said, nor the secret in the log', async () => {
  const report = postfixReport({
    messageId: 'onb_1.notify-user.1@tenantry.example',
    email: 'quoted@example.com',
  })
  expect((await post(report)).statusCode).toBe(204)
  expect((await post(report, 'Bearer guess-at-the-secret')).statusCode).toBe(400)
  const log = api.log.join('\n')
  expect(log).toContain('delivery reports')
  expect(log).toContain('5.1.1')
  expect(log).not.toMatch(/quoted|User unknown|mailbox table|secret-of-the-mail|guess-at/)
})

test('a message of any bytes is taken, and one that is too large is not', async () => {
  expect((await post(Buffer.from(Array.from({ length: 2_000 }, (_, index) => index % 256)))).statusCode).toBe(
    204,
  )
  expect((await post('x'.repeat(1024 * 1024 + 1))).statusCode).toBe(413)
})
