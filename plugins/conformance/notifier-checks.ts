import type { ErrorClass, Plugin } from '../plugin-contract.ts'
import { type Check, countingEffects } from './check.ts'
import { ending, failureOf } from './failures.ts'
import { reportRules } from './notifier-report-rules.ts'
import { sendRules } from './notifier-send-rules.ts'
import { running, sends } from './notifier-sends.ts'
import { down, limit, type NotifierSubject, withNotifier } from './notifier-subject.ts'

/**
 * The rules that every notifier keeps, each as a check.
 *
 * @example
 * for (const { name, run } of notifierChecks(subject)) test(name, run)
 */
export function notifierChecks(subject: NotifierSubject): Check[] {
  return [
    {
      name: 'check succeeds when all is well, and sends nothing',
      run: () =>
        countingEffects(subject, 0, 'check', () =>
          withNotifier(subject.connect(subject.providerUrl), (notifier) =>
            ending(() => notifier.check(running()), { when: 'With all well', within: limit(subject) }),
          ),
        ),
    },
    {
      name: 'check says when the server is down',
      run: async () =>
        fails(subject, subject.connect(await down(subject)), 'With the server down', ['retryable']),
    },
    {
      name: 'check says when the credentials are wrong',
      run: () =>
        fails(subject, subject.connectWithWrongCredentials(subject.providerUrl), 'With wrong credentials', [
          'retryable',
          'needs_input',
        ]),
    },
    ...Object.entries(sends).flatMap(([name, send]) => sendRules(subject, name, send)),
    ...reportRules(subject),
  ]
}

async function fails(
  subject: NotifierSubject,
  plugin: Plugin,
  when: string,
  classes: readonly ErrorClass[],
): Promise<void> {
  await withNotifier(plugin, (notifier) =>
    failureOf(() => notifier.check(running()), {
      when: `${when}, in check`,
      classes,
      secrets: subject.secrets,
      within: limit(subject),
    }),
  )
}
