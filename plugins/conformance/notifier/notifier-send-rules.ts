import type { ErrorClass, Plugin } from '../../plugin-contract.ts'
import { type Check, expectEffects, ensure, ensureSame } from '../check.ts'
import { failureOf, limitsOf } from '../faults/failures.ts'
import { newCall, passwordLink, type Send } from './notifier-sends.ts'
import { checkWith, type NotifierSubject, withNotifier } from './notifier-subject.ts'
import { unreachableUrl } from '../faults/unreachable-url.ts'
import { type TcpFault, throughTcpProxy } from '../faults/tcp-proxy.ts'

const recipient = 'ada@conformance.example'

/**
 * Rules for a method that sends a message: one call sends at most one message, and the class of an error tells whether the message
 * may have been sent.
 * @param name of the method, for the names of the checks.
 */
export function sendRules(subject: NotifierSubject, name: string, send: Send): Check[] {
  const { secrets, within } = limitsOf(subject)
  const failing = (plugin: Plugin, when: string, classes: readonly ErrorClass[], email = recipient) =>
    withNotifier(plugin, (notifier) =>
      failureOf(() => send(notifier, newCall(), email), {
        when: `${when}, in ${name}`,
        classes,
        within,
        secrets: [...secrets, passwordLink, email],
      }),
    )
  const lost = (fault: TcpFault) => () =>
    expectEffects(subject, 1, `${name} with the ${fault} after the message was sent`, () =>
      throughTcpProxy(subject, fault, (url) =>
        failing(subject.connect(url), `With the ${fault} after the message was sent`, ['unknown_outcome']),
      ),
    ).then(() => undefined)
  return [
    checkWith(
      subject,
      `${name} sends one message per call, and returns the same message id for the same key`,
      async (notifier) => {
        const call = newCall()
        const once = () => expectEffects(subject, 1, name, () => send(notifier, call, recipient))
        const first = await once()
        ensure(first.messageId !== '', `${name} returned no messageId.`)
        const again = await send(notifier, call, recipient)
        ensureSame(again.messageId, first.messageId, 'The message id for the same key')
      },
    ),
    {
      name: `${name} to a refused address needs input, and names the field`,
      run: async () => {
        const plugin = subject.connect(subject.providerUrl)
        const when = 'With a refused recipient'
        const error = await expectEffects(subject, 0, when, () =>
          failing(plugin, when, ['needs_input'], subject.unknownRecipient),
        )
        ensure(error.fields.length > 0, `${when}, the error names no field to correct.`)
      },
    },
    {
      name: `${name} is retryable when the server is down`,
      run: async () => {
        await failing(subject.connect(await unreachableUrl(subject.providerUrl)), 'With the server down', [
          'retryable',
        ])
      },
    },
    {
      name: `${name} with wrong credentials is not terminal, so it can be retried with correct ones`,
      run: async () => {
        const plugin = subject.connectWithWrongCredentials(subject.providerUrl)
        await failing(plugin, 'With wrong credentials', ['retryable', 'needs_input'])
      },
    },
    {
      name: `${name} with an answer lost after the message was sent has an unknown outcome, and sends it once`,
      run: lost('answer lost'),
    },
    {
      name: `${name} with a late answer has an unknown outcome, and sends the message once`,
      run: lost('answer held back'),
    },
    checkWith(subject, `${name} with a signal that has aborted sends nothing`, async (notifier) => {
      await expectEffects(subject, 0, `${name} with a signal that had aborted`, () =>
        failureOf(() => send(notifier, { ...newCall(), signal: AbortSignal.abort() }, recipient), {
          when: `With a signal that had aborted, in ${name}`,
          classes: ['retryable'],
          within,
        }),
      )
    }),
  ]
}
