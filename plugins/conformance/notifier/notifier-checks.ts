import type { ErrorClass, Plugin } from '../../plugin-contract.ts'
import { type Check, expectEffects } from '../check.ts'
import { failureOf, limitsOf, withinTime } from '../faults/failures.ts'
import { reportRules } from './notifier-report-rules.ts'
import { sendRules } from './notifier-send-rules.ts'
import { openSignal, sends } from './notifier-sends.ts'
import { type NotifierSubject, withNotifier } from './notifier-subject.ts'
import { unreachableUrl } from '../faults/unreachable-url.ts'

/**
 * Returns one check for each rule of the contract of a notifier.
 *
 * @example
 * for (const { name, run } of notifierChecks(subject)) test(name, run)
 */
export function notifierChecks(subject: NotifierSubject): Check[] {
  return [
    {
      name: 'check succeeds when the server is up, and sends nothing',
      run: () =>
        expectEffects(subject, 0, 'check', () =>
          withNotifier(subject.connect(subject.providerUrl), (notifier) =>
            withinTime(() => notifier.check(openSignal()), {
              when: 'With the server up',
              within: limitsOf(subject).within,
            }),
          ),
        ),
    },
    {
      name: 'check fails when the server is down',
      run: async () => {
        const plugin = subject.connect(await unreachableUrl(subject.providerUrl))
        await checkFails(subject, plugin, 'With the server down', ['retryable'])
      },
    },
    {
      name: 'check fails when the credentials are wrong',
      run: () => {
        const plugin = subject.connectWithWrongCredentials(subject.providerUrl)
        return checkFails(subject, plugin, 'With wrong credentials', ['retryable', 'needs_input'])
      },
    },
    ...Object.entries(sends).flatMap(([name, send]) => sendRules(subject, name, send)),
    ...reportRules(subject),
  ]
}

async function checkFails(
  subject: NotifierSubject,
  plugin: Plugin,
  when: string,
  classes: readonly ErrorClass[],
): Promise<void> {
  await withNotifier(plugin, (notifier) =>
    failureOf(() => notifier.check(openSignal()), {
      when: `${when}, in check`,
      classes,
      ...limitsOf(subject),
    }),
  )
}
