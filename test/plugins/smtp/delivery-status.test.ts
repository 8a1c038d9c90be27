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

describe('a message that came back', () => {
  const kinds: [string, string, string][] = [
    ['Postfix', postfixReport({ messageId }), '5.1.1'],
    ['Exim, which says why only in what it quotes', eximReport({ messageId }), '5.1.1'],
    ['Exchange', exchangeReport({ messageId }), '5.1.10'],
  ]
  test.each(kinds)('is understood as %s writes it', async (_, report, code) => {
    expect(await read(report)).toEqual([{ ...ours, status: 'bounced', code }])
  })

  test.each(kinds)(
    'is understood with the line ends that a pipe leaves, from %s',
    async (_, report, code) => {
      expect(await read(report.replaceAll('\r\n', '\n'))).toEqual([{ ...ours, status: 'bounced', code }])
    },
  )

  test('without its headers is known by the envelope id that the mail server was given', async () => {
    const report = postfixReport({ messageId: 'rewritten@relay.example' }).replace(
      'X-Postfix-Queue-ID',
      `Original-Envelope-Id: ${ours.idempotencyKey}\r\nX-Postfix-Queue-ID`,
    )
    expect(await read(report)).toMatchObject([{ idempotencyKey: ours.idempotencyKey }])
    expect(await read(report.replace(/\r\nMessage-ID: [^\r]+/, ''))).toMatchObject([ours])
  })

  test('because nobody could be reached for days has expired', async () => {
    const [report] = await read(postfixReport({ messageId, status: '4.4.1' }))
    expect(report).toEqual({ ...ours, status: 'expired', code: '4.4.1' })
  })
})

test('a message that is late, or was delivered, is told as such', async () => {
  expect(await read(postfixReport({ messageId, action: 'delayed', status: '4.4.1' }))).toEqual([
    { ...ours, status: 'delayed', code: '4.4.1' },
  ])
  expect(await read(postfixReport({ messageId, action: 'delivered', status: '2.1.5' }))).toEqual([
    { ...ours, status: 'delivered', code: '2.1.5' },
  ])
})

test('a message that was only passed on says nothing about its delivery', async () => {
  expect(await read(postfixReport({ messageId, action: 'relayed', status: '2.1.5' }))).toEqual([])
})

describe('what is no report', () => {
  const header = 'From: Ada <ada@example.com>\r\nTo: no-reply@tenantry.example\r\n'
  const others: [string, string][] = [
    ['an answer by a person', `${header}Subject: Re: your message\r\n\r\nWhat is this?\r\n`],
    [
      'an automatic answer',
      `${header}Auto-Submitted: auto-replied\r\nSubject: Out of office\r\n\r\nBack in May.\r\n`,
    ],
    ['a report without the message', postfixReport({ messageId }).replace(/\r\nMessage-ID: [^\r]+/, '')],
    ['nothing at all', ''],
  ]
  test.each(others)('is passed over: %s', async (_, body) => {
    expect(await read(body)).toEqual([])
  })

  test('is passed over, whatever it is', async () => {
    const pieces = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...postfixReport({ messageId }).split('\r\n')),
    )
    const texts = fc.array(pieces, { maxLength: 60 }).map((lines) => lines.join('\r\n'))
    await fc.assert(
      fc.asyncProperty(texts, async (body) => void (await read(body))),
      tries(100),
    )
  })
})

describe('a report without the secret', () => {
  test.each([undefined, '', 'Bearer', 'Bearer another-secret', reportsSecret, `Basic ${reportsSecret}`])(
    'is refused: %s',
    async (authorization) => {
      const { notifiers } = plugin
      const request = { headers: { authorization }, body: postfixReport({ messageId }) }
      const refusal = await notifiers?.[0]?.parseDeliveryReports?.(request).catch((error: unknown) => error)
      expect(refusal).toBeInstanceOf(StepError)
      expect(refusal).toMatchObject({ code: 'webhook_refused' })
    },
  )

  test('is not taken at all where there is no secret', async () => {
    const without = smtp({ url: 'smtp://127.0.0.1:1', from })
    expect(without.notifiers?.[0]?.parseDeliveryReports).toBeUndefined()
    await without.close?.()
  })
})
