import { judgeRetry, type RetryVerdict } from '../../domain/errors/error-class.ts'
import type { CodeWithMessages } from './other-codes.ts'
import type { StepErrorEntry } from './step-errors.ts'

export interface ProblemEntry {
  code: string
  status: number
  title: string
  nextAction: string
}

export interface Catalogue {
  stepErrors: StepErrorEntry[]
  problems: ProblemEntry[]
  fields: CodeWithMessages[]
  temporal: CodeWithMessages[]
}

/** The page, as Markdown. @throws Error when a plug-in has no part of the page. */
export function renderPage({ stepErrors, problems, fields, temporal }: Catalogue): string {
  const homeless = stepErrors.find((error) => !groups.some(({ by }) => by === error.by))
  if (homeless !== undefined)
    throw new Error(`Give the plug-in "${homeless.by}" a part in docs/errors/page.ts.`)
  return [
    '# Error codes',
    intro,
    '## Where a step is stuck',
    aboutSteps,
    ...groups.flatMap(({ by, title, about }) => [
      `### ${title}`,
      about,
      stepList(stepErrors.filter((error) => error.by === by)),
    ]),
    '## What the API answers',
    aboutProblems,
    problemList(problems),
    '## What is wrong with a field',
    aboutFields,
    messageList('field', fields),
    '## Only in Temporal',
    aboutTemporal,
    messageList('temporal', temporal),
  ]
    .join('\n\n')
    .concat('\n')
}

const intro = `\
Every code that programs and people meet, with what it means and what to do. Codes are stable; words may change. \`…\` stands for
what is only known when it happens. This page is written from the code by \`npm run errors\`: do not edit it.`

const verdictWords: Record<RetryVerdict, string> = {
  as_is: 'retry as it is, after that',
  with_correction: 'retry with the request corrected',
  refused: 'a retry is refused',
}

const aboutSteps = `\
In \`steps[].error\` of \`GET /v1/onboardings/{id}\` and \`/v1/operations/{id}\`, in their events, in the Temporal Web UI under **User
Metadata**, in the search attribute \`ErrorCode\`, and in the worker's log, whose line \`needs attention\` has level \`error\` and the
fields \`runId\`, \`step\`, \`attempts\`, \`code\`, \`errorClass\`, \`message\`, \`nextAction\` and \`retry\`.

| class             | where it leads                                                                            |
| ----------------- | ----------------------------------------------------------------------------------------- |
| \`retryable\`       | tried again by the step's policy; when its attempts are used up, it needs attention       |
| \`needs_input\`     | needs attention at once, naming the fields where it is the request that is wrong          |
| \`terminal\`        | needs attention at once; as the first thing that a run meets, it ends the run as \`failed\` |
| \`unknown_outcome\` | needs attention at once: it may have happened, and is looked up where it can be           |

\`retry\` says whether a retry can help: \`as_is\`, once the next action was taken; \`with_correction\` of the named fields; or
\`refused\`. Only the request of an onboarding can be corrected: an operation is retried as it is, or cancelled and asked for anew.
While a run is being undone, a retry is never refused.`

const groups = [
  { by: 'engine', title: 'Any step', about: 'From what carries the steps out.' },
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
  { by: 'smtp', title: 'Mail', about: 'From steps that write to people.' },
]

const aboutProblems = `\
In \`code\` of every answer of type \`application/problem+json\`; \`type\` is the address of the same words. \`nextAction\` may be more
precise than here.`

const aboutFields = `\
In \`errors[].code\`, beside \`pointer\` and \`message\`. Where a billing provider refuses a field, the code is that of its error above.`

const aboutTemporal = `\
The type of a failure in a workflow's history that is not about a step.`

function stepList(errors: StepErrorEntry[]): string {
  return list(
    errors.map(({ code, steps, message, nextAction, ...error }) => {
      const retry = judgeRetry({ class: error.class, fields: error.namesFields ? [code] : [] }, 'correctable')
      const where = steps.length === 0 ? [] : [`in ${steps.map((step) => `\`${step}\``).join(', ')}`]
      const facts = [`\`${error.class}\``, ...where, verdictWords[retry]]
      return { room: 'step', code, facts, lines: [message, `**Do:** ${nextAction}`] }
    }),
  )
}

function problemList(problems: ProblemEntry[]): string {
  return list(
    problems.map(({ code, status, title, nextAction }) => {
      return { room: 'api', code, facts: [String(status)], lines: [`${title}.`, `**Do:** ${nextAction}`] }
    }),
  )
}

function messageList(room: string, codes: CodeWithMessages[]): string {
  return list(codes.map(({ code, messages }) => ({ room, code, facts: [], lines: messages })))
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
