import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { StepError } from '../../../plugins/plugin-contract.ts'
import { smtp } from '../../../plugins/smtp/plugin.ts'
import { eximReport, exchangeReport, postfixReport } from '../../builders/delivery-status-mail.ts'
import { tries } from '../../stack/extent.ts'

const reportsSecret = 'secret-of-the-mail-reports-in-this-test'
const from = 'Tenantry <no-reply@tenantry.example>'
const plugin = smtp({ url: 'smtp://127.0.0.1:1', from, reportsSecret })
afterAll(() => plugin.close?.())

const messageId = 'onb_01k6.notify-user.1@tenantry.example'
const ours = { messageId, idempotencyKey: 'onb_01k6:notify-user:1' }

async function read(body: string, authorization: string | undefined = `Bearer ${reportsSecret}`) {
  const reports = await plugin.notifiers?.[0]?.parseDeliveryReports?.({ headers: { authorization }, body })
  if (reports === undefined) throw new Error('The plug-in reads no reports.')
  return reports
}

describe('the report of a bounced message', () => {
  const kinds: [string, string, string][] = [
    ['Postfix', postfixReport({ messageId }), '5.1.1'],
    ['Exim, which has the status only in its quoted text', eximReport({ messageId }), '5.1.1'],
    ['Exchange', exchangeReport({ messageId }), '5.1.10'],
  ]
  test.each(kinds)('is read from %s', async (_, report, code) => {
    expect(await read(report)).toEqual([{ ...ours, status: 'bounced', code }])
  })

  test.each(kinds)('is read from %s with the line ends of a pipe', async (_, report, code) => {
    expect(await read(report.replaceAll('\r\n', '\n'))).toEqual([{ ...ours, status: 'bounced', code }])
  })

  test('without the message id is matched by its envelope id', async () => {
    const report = postfixReport({ messageId: 'rewritten@relay.example' }).replace(
      'X-Postfix-Queue-ID',
      `Original-Envelope-Id: ${ours.idempotencyKey}\r\nX-Postfix-Queue-ID`,
    )
    expect(await read(report)).toMatchObject([{ idempotencyKey: ours.idempotencyKey }])
    expect(await read(report.replace(/\r\nMessage-ID: [^\r]+/, ''))).toMatchObject([ours])
  })

  test('with a temporary status has the status expired', async () => {
    const [report] = await read(postfixReport({ messageId, status: '4.4.1' }))
    expect(report).toEqual({ ...ours, status: 'expired', code: '4.4.1' })
  })
})

test('the reports of a delayed and of a delivered message have these statuses', async () => {
  expect(await read(postfixReport({ messageId, action: 'delayed', status: '4.4.1' }))).toEqual([
    { ...ours, status: 'delayed', code: '4.4.1' },
  ])
  expect(await read(postfixReport({ messageId, action: 'delivered', status: '2.1.5' }))).toEqual([
    { ...ours, status: 'delivered', code: '2.1.5' },
  ])
})

test('the report of a relayed message is ignored, because it does not say whether the message arrived', async () => {
  expect(await read(postfixReport({ messageId, action: 'relayed', status: '2.1.5' }))).toEqual([])
})

describe('a message that is not a report', () => {
  const header = 'From: Ada <ada@example.com>\r\nTo: no-reply@tenantry.example\r\n'
  const others: [string, string][] = [
    ['a reply of a person', `${header}Subject: Re: your message\r\n\r\nWhat is this?\r\n`],
    [
      'an automatic reply',
      `${header}Auto-Submitted: auto-replied\r\nSubject: Out of office\r\n\r\nBack in May.\r\n`,
    ],
    ['a report without the message', postfixReport({ messageId }).replace(/\r\nMessage-ID: [^\r]+/, '')],
    ['an empty message', ''],
  ]
  test.each(others)('is ignored: %s', async (_, body) => {
    expect(await read(body)).toEqual([])
  })

  test('never throws an error, also with random content', async () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...postfixReport({ messageId }).split('\r\n')),
    )
    const texts = fc.array(line, { maxLength: 60 }).map((lines) => lines.join('\r\n'))
    await fc.assert(
      fc.asyncProperty(texts, async (body) => void (await read(body))),
      tries(100),
    )
  })
})

describe('a report', () => {
  test.each([undefined, '', 'Bearer', 'Bearer another-secret', reportsSecret, `Basic ${reportsSecret}`])(
    'with the authorization %s is refused',
    async (authorization) => {
      const { notifiers } = plugin
      const request = { headers: { authorization }, body: postfixReport({ messageId }) }
      const refusal = await notifiers?.[0]?.parseDeliveryReports?.(request).catch((error: unknown) => error)
      expect(refusal).toBeInstanceOf(StepError)
      expect(refusal).toMatchObject({ code: 'webhook_refused' })
    },
  )

  test('can not be read by a plug-in without a secret', async () => {
    const without = smtp({ url: 'smtp://127.0.0.1:1', from })
    expect(without.notifiers?.[0]?.parseDeliveryReports).toBeUndefined()
    await without.close?.()
  })
})
