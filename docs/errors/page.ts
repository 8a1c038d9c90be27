import type { ErrorDeclaration } from '../../domain/errors/error-declaration.ts'
import { judgeRetry, type RetryVerdict } from '../../domain/errors/error-class.ts'
import type { Declarer } from './all-errors.ts'

export function renderPage(catalogue: readonly Declarer[]): string {
  const all = catalogue.flatMap(({ errors }) => errors)
  const elsewhere = all.filter(isElsewhere)
  return [
    '# Error codes',
    intro,
    '## Where a step is stuck',
    aboutSteps,
    ...groups.flatMap(({ by, title, about }) => [
      `### ${title}`,
      about,
      stepList(catalogue.filter((declarer) => declarer.by === by).flatMap(({ errors }) => errors)),
    ]),
    '## What the API answers',
    aboutProblems,
    problemList(all.filter(({ status }) => status !== undefined)),
    '## What is wrong with a field',
    aboutFields,
    messageList(
      'field',
      all.flatMap(({ field, code, message }) => (field ? [{ code, message }] : [])),
    ),
    '## Messages that were not delivered',
    aboutMessages,
    messageList(
      'message',
      elsewhere.filter(({ nextAction }) => nextAction !== undefined),
    ),
    '## Only in Temporal',
    aboutTemporal,
    messageList(
      'temporal',
      elsewhere.filter(({ nextAction }) => nextAction === undefined),
    ),
  ]
    .join('\n\n')
    .concat('\n')
}

/** No step, no answer of the API and no field has it. */
function isElsewhere(error: ErrorDeclaration): boolean {
  return error.class === undefined && error.status === undefined && error.field === undefined
}

const intro = `\
Every error code, with what it means and what to do. Codes are stable; texts may change. \`{name}\` stands for a value that is known
only when the error happens. This page is written from the declarations in the code by \`npm run errors\`: do not edit it.`

const verdictWords: Record<RetryVerdict, string> = {
  as_is: 'retry unchanged, after the next action',
  with_correction: 'retry with the fields corrected',
  refused: 'a retry is refused',
}

const aboutSteps = `\
In \`steps[].error\` of \`GET /v1/onboardings/{id}\` and \`/v1/operations/{id}\`, in their events, in the Temporal Web UI under **User
Metadata**, in the search attribute \`ErrorCode\`, and in the worker's log, whose line \`needs attention\` has level \`error\` and the
fields \`runId\`, \`step\`, \`attempts\`, \`code\`, \`errorClass\`, \`message\`, \`nextAction\` and \`retry\`.

| class             | what happens                                                                                          |
| ----------------- | ----------------------------------------------------------------------------------------------------- |
| \`retryable\`       | the step is retried by its retry policy, and needs attention when its attempts are used up            |
| \`needs_input\`     | the step needs attention at once; \`fields\` names the fields of the request that are wrong, if any     |
| \`terminal\`        | the step needs attention at once; if no step has taken effect, the run ends as \`failed\`               |
| \`unknown_outcome\` | the step needs attention at once; it may have taken effect, and the provider is asked where it can be |

\`retry\` says whether a retry can help: \`as_is\` once the next action is done, \`with_correction\` of the named fields, or
\`refused\`. Only the request of an onboarding, or of adding a user, can be corrected. Other operations are retried unchanged, or
cancelled and requested again. While a run is being undone, a retry is never refused.`

const groups = [
  { by: 'engine', title: 'Any step', about: 'From the engine that runs the steps.' },
  {
    by: 'rules',
    title: 'Rules of accounts, users and plans',
    about: 'From the built-in steps. The API checks most of these rules before it accepts a request.',
  },
  { by: 'accounts', title: 'Adding an account', about: 'From the built-in steps of an onboarding.' },
  {
    by: 'subscriptions',
    title: 'Plans and billing of an account',
    about: 'From the built-in steps of operations and of the billing of a month.',
  },
  {
    by: 'ledger',
    title: 'The ledger',
    about: 'From steps, and API calls, that bill with the built-in ledger.',
  },
  { by: 'stripe', title: 'Stripe', about: 'From steps, and API calls, that bill with Stripe.' },
  {
    by: 'http',
    title: 'A billing provider over HTTP',
    about:
      'From steps, and API calls, that bill with the `http` plug-in. A provider may answer with codes of its own, which take the place of ' +
      '`billing_input_refused` and `billing_refused`.',
  },
  { by: 'smtp', title: 'Mail', about: 'From steps that send messages to users.' },
]

const aboutProblems = `\
In \`code\` of every answer of type \`application/problem+json\`; \`type\` is the address of a page about the code. An answer that
relays the error of a plug-in has the \`nextAction\` of that error.`

const aboutFields = `\
In \`errors[].code\`, beside \`pointer\` and \`message\`. Where a billing provider refuses a field, the code is that of its error above.`

const aboutMessages = `\
In \`error\` of the \`invitation\` of a user, once the mail server has reported what became of the message.`

const aboutTemporal = `\
The type of a failure in a workflow's history that is not about a step.`

function stepList(errors: readonly ErrorDeclaration[]): string {
  return list(
    byCode(errors).flatMap((error) => {
      if (error.class === undefined) return []
      const { code } = error
      const retry = judgeRetry({ class: error.class, fields: error.namesFields ? [code] : [] }, 'correctable')
      return [
        { room: 'step', code, facts: [`\`${error.class}\``, verdictWords[retry]], lines: linesOf([error]) },
      ]
    }),
  )
}

function problemList(errors: readonly ErrorDeclaration[]): string {
  const sorted = byCode(errors).sort((one, other) => (one.status ?? 0) - (other.status ?? 0))
  return list(
    [...Map.groupBy(sorted, ({ code }) => code)].map(([code, same]) => ({
      room: 'api',
      code,
      facts: [...new Set(same.flatMap(({ status, title = '' }) => [String(status), title]))],
      lines: linesOf(same),
    })),
  )
}

function messageList(room: string, errors: readonly Texts[]): string {
  const codes = Map.groupBy(byCode(errors), ({ code }) => code)
  return list([...codes].map(([code, same]) => ({ room, code, facts: [], lines: linesOf(same) })))
}

type Texts = Pick<ErrorDeclaration, 'code' | 'message' | 'nextAction'>

/** The messages, and below those with the same next action that action. */
function linesOf(errors: readonly Texts[]): string[] {
  return [...Map.groupBy(errors, ({ nextAction }) => nextAction)].flatMap(([nextAction, same]) => [
    ...same.map(({ message }) => message),
    ...(nextAction === undefined ? [] : [`**Do:** ${nextAction}`]),
  ])
}

function byCode<Declared extends Texts>(errors: readonly Declared[]): Declared[] {
  return errors.toSorted((one, other) => one.code.localeCompare(other.code, 'en'))
}

/** A list in which each code can be linked to, as `#step-email_taken`. */
function list(items: { room: string; code: string; facts: string[]; lines: string[] }[]): string {
  return items
    .flatMap(({ room, code, facts, lines }) => [
      `- <a id="${room}-${code}"></a>${[`\`${code}\``, ...facts].join(' · ')}`,
      ...lines.map((line) => `  - ${line}`),
    ])
    .join('\n')
}
