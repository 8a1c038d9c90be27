import type { SearchAttributeUpdatePair } from '@temporalio/common'
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow'
import { notUndoneReasons } from '../domain/not-undone-reasons.ts'
import { keywordOf } from './contract.ts'
import { progressOf, type RunState, stuckSteps } from './run-state.ts'

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
      const stuck = stuckSteps(run)[0]
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
  const stuck = stuckSteps(run)
  const lines = run.steps.map(
    (state) => `- ${marks[state.status]} ${state.step.title} (\`${state.step.id}\`)`,
  )
  const advice = stuck.flatMap((state) => [
    '',
    `**Stuck at “${state.step.title}”** (\`${state.error?.code ?? 'unknown'}\`): ${state.error?.message ?? ''}`,
    '',
    `**What to do:** ${state.error?.nextAction ?? ''}`,
    '',
    ...correction(run, state.error?.class),
    buttons(run, state.step.id, state.step.optional, state.error?.class),
  ])
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

/** Corrected input holds personal data, so it takes the API and not a signal. */
function correction(run: RunState, errorClass: string | undefined): string[] {
  if (errorClass !== 'needs_input') return []
  return [
    `If the request has to be corrected, that goes through the API: \`POST /v1/onboardings/${run.onboardingId}/retry\`, as \`input\`.`,
    '',
  ]
}

function buttons(run: RunState, stepId: string, optional: boolean, errorClass: string | undefined): string {
  const payload = `{"step":"${stepId}","reason":"why"}`
  const choices = [
    ...(errorClass === 'terminal' ? [] : [`signal \`retry\` with \`${payload}\` to try it again`]),
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
