import type { ErrorClass, Plugin } from '../plugin-contract.ts'
import { type Check, countingEffects, ensure, ensureSame } from './check.ts'
import { failureOf } from './failures.ts'
import { aCall, passwordLink, type Send } from './notifier-sends.ts'
import { down, limit, type NotifierSubject, withNotifier } from './notifier-subject.ts'
import { type TcpFault, throughTcpProxy } from './tcp-proxy.ts'

const recipient = 'ada@conformance.example'

/** At most one message a call, and the truth about whether it went out. */
export function sendRules(subject: NotifierSubject, name: string, send: Send): Check[] {
  const failing = (plugin: Plugin, when: string, classes: readonly ErrorClass[], email = recipient) =>
    withNotifier(plugin, (notifier) =>
      failureOf(() => send(notifier, aCall(), email), {
        when: `${when}, in ${name}`,
        classes,
        secrets: [...subject.secrets, passwordLink, email],
        within: limit(subject),
      }),
    )
  const lost = (fault: TcpFault) => () =>
    countingEffects(subject, 1, `${name} with the ${fault} after the hand-over`, () =>
      throughTcpProxy(subject, fault, (url) =>
        failing(subject.connect(url), `With the ${fault} after the hand-over`, ['unknown_outcome']),
      ),
    ).then(() => undefined)
  return [
    {
      name: `${name} sends one message a call, and the same message id for the same key`,
      run: () =>
        withNotifier(subject.connect(subject.providerUrl), async (notifier) => {
          const call = aCall()
          const once = () => countingEffects(subject, 1, name, () => send(notifier, call, recipient))
          const first = await once()
          ensure(first.messageId !== '', `${name} answers no messageId.`)
          const again = await send(notifier, call, recipient)
          ensureSame(again.messageId, first.messageId, 'The message id for the same key')
        }),
    },
    {
      name: `${name} to an address that is refused asks for a correction, and names the field`,
      run: async () => {
        const plugin = subject.connect(subject.providerUrl)
        const when = 'With a recipient that is refused'
        const error = await countingEffects(subject, 0, when, () =>
          failing(plugin, when, ['needs_input'], subject.unknownRecipient),
        )
        ensure(error.fields.length > 0, `${when}, the error names no field to correct.`)
      },
    },
    {
      name: `${name} is tried again when the server is down`,
      run: async () => {
        await failing(subject.connect(await down(subject)), 'With the server down', ['retryable'])
      },
    },
    {
      name: `${name} with wrong credentials may be tried again once they are mended`,
      run: async () => {
        const plugin = subject.connectWithWrongCredentials(subject.providerUrl)
        await failing(plugin, 'With wrong credentials', ['retryable', 'needs_input'])
      },
    },
    {
      name: `${name} whose answer is lost after the hand-over is not known to have been sent, and not sent twice`,
      run: lost('answer lost'),
    },
    {
      name: `${name} whose answer comes too late is not known to have been sent, and not sent twice`,
      run: lost('answer held back'),
    },
    {
      name: `${name} with a signal that has aborted sends nothing`,
      run: () =>
        withNotifier(subject.connect(subject.providerUrl), async (notifier) => {
          await countingEffects(subject, 0, `${name} with a signal that had aborted`, () =>
            failureOf(() => send(notifier, { ...aCall(), signal: AbortSignal.abort() }, recipient), {
              when: `With a signal that had aborted, in ${name}`,
              classes: ['retryable'],
              within: limit(subject),
            }),
          )
        }),
    },
  ]
}
