import type { SearchAttributeUpdatePair } from '@temporalio/common'
import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow'
import { isCorrectable } from '../domain/runs/run-requests.ts'
import { type FailureSummary, keywordOf, kindOf, notUndoneReasons } from './contract.ts'
import { mayRetry } from './explain-failure.ts'
import { progressOf, type RunState, statusOf, type StepState, stuckSteps } from './run-state.ts'

const status = keywordOf('status')
const step = keywordOf('step')
const errorCode = keywordOf('errorCode')

/** What an operator reads in the Temporal Web UI: the words on the run's page, and what its list can be filtered by. */
export function createOperatorView(run: RunState): {
  show(): void
  /** Only the words: what no command in history may come from. */
  showWords(): void
} {
  let shown = 'running||'
  let everStuck = false
  const showWords = () => setCurrentDetails(describe(run))
  return {
    showWords,
    show() {
      showWords()
      const { status: now } = progressOf(run)
      const [stuck] = stuckSteps(run)
      const next = [now, stuck?.step.id ?? '', stuck?.error?.code ?? ''].join('|')
      // Each upsert is an event in history and a write in the visibility store: only when something changed.
      if (next === shown) return
      shown = next
      const update: SearchAttributeUpdatePair[] = [
        { key: status, value: now },
        { key: step, value: stuck?.step.id ?? null },
        { key: errorCode, value: stuck?.error?.code ?? null },
      ]
      everStuck ||= stuck !== undefined
      upsertSearchAttributes(everStuck ? update : update.slice(0, 1))
    },
  }
}

function describe(run: RunState): string {
  const { status: now } = progressOf(run)
  // Nobody is asked any more about the step that a run was cancelled at.
  const stuck = stuckSteps(run).filter(({ waits }) => waits === true)
  const lines = run.steps.map(
    (state) => `- ${marks[statusOf(run, state)]} ${state.step.title} (\`${state.step.id}\`)`,
  )
  const advice = stuck.flatMap((state) => ['', ...adviceOn(run, state)])
  return [`**${headline[now]}**`, ...refusal(run), ...advice, '', ...lines, ...notUndone(run)].join('\n')
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

const headline: Record<ReturnType<typeof progressOf>['status'], string> = {
  running: 'Running',
  needs_attention: 'Needs attention: a person has to decide',
  cancelling: 'Being cancelled: undoing what was done',
  completed: 'Completed',
  cancelled: 'Cancelled',
  failed: 'Refused: nothing was created',
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
  return [
    `**Stuck at “${title}”** (\`${code}\`)${afterAttempts(error)}: ${message}`,
    '',
    `**What to do:** ${nextAction}`,
    '',
    `**Can a retry help?** ${retryHelps(run, error)}`,
    '',
    buttons(run, { id, optional, error }),
  ]
}

function afterAttempts({ attempts }: Partial<FailureSummary> = {}): string {
  if (attempts === undefined || attempts === 0) return ''
  return attempts === 1 ? ' after 1 attempt' : ` after ${attempts} attempts`
}

/** Corrected input holds personal data, so it takes the API and not a signal. */
function retryHelps(run: RunState, error: FailureSummary | undefined): string {
  if (!mayRetry(error)) return 'No: it would fail in the same way.'
  const kind = kindOf(workflowInfo().workflowType)
  const resource = kind === 'add-account' ? 'onboardings' : 'operations'
  const call = `\`POST /v1/${resource}/${run.runId}/retry\`, as \`input\``
  if (error?.retry === 'with_correction')
    return `Yes, with the request corrected. That goes through the API: ${call}.`
  // What other kinds of run were asked for is fixed, and so is that of a run that is undone.
  if (error?.class === 'needs_input' && run.phase === 'running' && isCorrectable(kind))
    return `Yes, after that. If the request has to be corrected, that goes through the API: ${call}.`
  return 'Yes, as it is, after that.'
}

function buttons(
  run: RunState,
  { id, optional, error }: { id: string; optional: boolean; error: FailureSummary | undefined },
): string {
  const payload = `{"step":"${id}","reason":"why"}`
  const choices = [
    ...(mayRetry(error) ? [`signal \`retry\` with \`${payload}\` to try it again`] : []),
    ...(optional && run.phase === 'running'
      ? [`signal \`skip\` with \`${payload}\` to go on without it`]
      : []),
    ...(run.phase === 'cancelling'
      ? [`signal \`skip\` with \`${payload}\` to leave it as it is and undo the rest`]
      : []),
    ...(run.phase === 'running' ? ['signal `cancel` (or Request Cancellation) to undo what was done'] : []),
  ]
  return `Use More actions → Send a Signal: ${choices.join('; or ')}.`
}
