import type { SearchAttributeUpdatePair } from '@temporalio/common'
import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow'
import { isCorrectable } from '../domain/runs/run-requests.ts'
import { type FailureSummary, keywordOf, kindOf, notUndoneReasons } from './contract.ts'
import { stepsToAnswer } from './decision-refusals.ts'
import { mayRetry } from './explain-failure.ts'
import { progressOf, type RunState, statusOf, type StepState, stuckSteps } from './run-state.ts'

const statusKey = keywordOf('status')
const stepKey = keywordOf('step')
const errorCodeKey = keywordOf('errorCode')

/** What the Temporal Web UI shows of a run: the details on its page, and the search attributes by which lists filter. */
export function createOperatorView(run: RunState): {
  show(): void
  /** Updates only the details. Unlike `show`, it adds no command to the workflow history. */
  showDetails(): void
} {
  let shown = 'running||'
  let everStuck = false
  const showDetails = () => setCurrentDetails(describe(run))
  return {
    showDetails,
    show() {
      showDetails()
      const { status: now } = progressOf(run)
      const [stuck] = stuckSteps(run)
      const next = [now, stuck?.step.id ?? '', stuck?.error?.code ?? ''].join('|')
      // Each upsert is an event in the workflow history and a write in the visibility store.
      if (next === shown) return
      shown = next
      const update: SearchAttributeUpdatePair[] = [
        { key: statusKey, value: now },
        { key: stepKey, value: stuck?.step.id ?? null },
        { key: errorCodeKey, value: stuck?.error?.code ?? null },
      ]
      everStuck ||= stuck !== undefined
      upsertSearchAttributes(everStuck ? update : update.slice(0, 1))
    },
  }
}

function describe(run: RunState): string {
  // A cancel ends the waiting of a stuck step a moment before the phase of its run changes.
  const stuck = stuckSteps(run).filter(({ waits }) => waits === true)
  const lines = run.steps.map(
    (state) => `- ${marks[statusOf(run, state)]} ${state.step.title} (\`${state.step.id}\`)`,
  )
  const advice = stuck.flatMap((state) => ['', ...adviceOn(run, state)])
  return [
    `**${headlineOf(run, stuck)}**`,
    ...refusal(run),
    ...advice,
    '',
    '**Steps:**',
    '',
    ...lines,
    ...notUndone(run),
  ].join('\n')
}

function refusal({ lastRefusal }: RunState): string[] {
  if (lastRefusal === undefined) return []
  return ['', `**The last signal \`${lastRefusal.signal}\` was not taken:** ${lastRefusal.reason}`]
}

function notUndone(run: RunState): string[] {
  const left = run.steps.flatMap(({ step: { id, title }, stays }) =>
    stays === undefined ? [] : [`- ${title} (\`${id}\`): ${notUndoneReasons[stays]}`],
  )
  return left.length === 0 ? [] : ['', '**Not undone:**', ...left]
}

function headlineOf(run: RunState, stuck: readonly StepState[]): string {
  if (run.phase === 'cancelling' && stuck.length > 0)
    return 'Being cancelled: a person has to decide on a step that could not be undone'
  return headlines[progressOf(run).status]
}

const headlines: Record<ReturnType<typeof progressOf>['status'], string> = {
  running: 'Running',
  needs_attention: 'Needs attention: a person has to decide on a stuck step',
  cancelling: 'Being cancelled: the done steps are undone in reverse order',
  completed: 'Completed',
  cancelled: 'Cancelled',
  failed: 'Failed: the first step refused the request, and nothing was created',
}

const marks: Record<RunState['steps'][number]['status'], string> = {
  pending: '○ waiting:',
  running: '▶ running:',
  needs_attention: '⚠ stuck:',
  done: '✔ done:',
  skipped: '↷ skipped:',
  compensated: '↩ undone:',
}

function adviceOn(run: RunState, { step: { id, title, optional }, error }: StepState): string[] {
  const { code = 'unknown', message = '', nextAction = '' } = error ?? {}
  const undoing = run.phase === 'cancelling' ? ' while it was being undone' : ''
  return [
    `**Stuck at “${title}”** (\`${code}\`)${undoing}${afterAttempts(error)}: ${message}`,
    '',
    `**What to do:** ${nextAction}`,
    '',
    `**Can a retry help?** ${retryHelps(run, error)}`,
    '',
    ...signals(run, { id, optional, error }),
  ]
}

function afterAttempts({ attempts }: Partial<FailureSummary> = {}): string {
  if (attempts === undefined || attempts === 0) return ''
  return attempts === 1 ? ' after 1 attempt' : ` after ${attempts} attempts`
}

/** Corrected input contains personal data, so it goes through the API, not through a signal. */
function retryHelps(run: RunState, error: FailureSummary | undefined): string {
  if (!mayRetry(error)) return 'No. The step would fail in the same way.'
  const kind = kindOf(workflowInfo().workflowType)
  const resource = kind === 'add-account' ? 'onboardings' : 'operations'
  const call = `\`POST /v1/${resource}/${run.runId}/retry\`, field \`input\``
  if (error?.retry === 'with_correction')
    return `Only with a corrected request. Send the correction through the API: ${call}.`
  // The request of other kinds of run cannot be corrected, nor can the request of a run that is being undone.
  if (error?.class === 'needs_input' && run.phase === 'running' && isCorrectable(kind))
    return `Yes, when that is done. If the request has to be corrected, send the correction through the API: ${call}.`
  return 'Yes, when that is done.'
}

function signals(
  run: RunState,
  { id, optional, error }: { id: string; optional: boolean; error: FailureSummary | undefined },
): string[] {
  const about = `with \`{"step":"${id}","reason":"why"}\``
  const running = run.phase === 'running'
  return [
    '**Decide:** choose **More Actions → Send a Signal** and enter one of these names with its input.',
    '',
    ...(mayRetry(error) ? [`- signal \`retry\` ${about}: the step is tried again`] : []),
    ...(running && optional ? [`- signal \`skip\` ${about}: the run continues without the step`] : []),
    ...(running
      ? []
      : [`- signal \`skip\` ${about}: the step is left as it is, and the other steps are undone`]),
    ...(running ? [`- ${cancelSignal(run)}`] : []),
  ]
}

function cancelSignal(run: RunState): string {
  const answers = Object.fromEntries(stepsToAnswer(run).map(({ step }) => [step.id, 'keep']))
  const effect = 'the run ends, and its done steps are undone in reverse order'
  if (Object.keys(answers).length === 0)
    return `signal \`cancel\` with \`{"reason":"why"}\`: ${effect}. **Request Cancellation** does the same.`
  const payload = JSON.stringify({ reason: 'why', undo: answers })
  const choice = 'To undo a named step too, write "undo" instead of "keep"'
  return `signal \`cancel\` with \`${payload}\`: ${effect}. ${choice}; **Request Cancellation** keeps the named steps.`
}
