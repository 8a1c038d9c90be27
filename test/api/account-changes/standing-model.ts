// A model of the standing of one account, written from the rule and not from the code: each level decides for itself, and no level
// below undoes a decision of a level above.

/** The levels from the top. */
export const levels = ['platform', 'partner', 'sub-partner'] as const
export type LevelName = (typeof levels)[number]

export interface Call {
  action: 'suspend' | 'close' | 'restore' | 'cancel'
  by: LevelName
  /** The run of the call gets stuck after its last effect, so that it can be cancelled. */
  stuck?: true
}

export type Answer = 'accepted' | 'not_found' | 'decided_above' | 'invalid_state' | 'operation_in_progress'

type Decisions = Partial<Record<LevelName, 'suspended' | 'closed'>>

export interface State {
  decisions: Decisions
  /** The run that was accepted last. `before`: the decisions that its cancel brings back, while it is stuck. */
  lastRun?: { by: LevelName; before?: Decisions }
}

export const initial: State = { decisions: {} }

export function statusIn({ decisions }: State): 'active' | 'suspended' | 'closed' {
  const all = Object.values(decisions)
  if (all.includes('closed')) return 'closed'
  return all.length > 0 ? 'suspended' : 'active'
}

/** What the rule says about a call: its answer, and the state after it. */
export function apply(state: State, call: Call): { answer: Answer; state: State } {
  return call.action === 'cancel' ? cancel(state, call) : change(state, call)
}

function cancel(state: State, { by }: Call): ReturnType<typeof apply> {
  const { lastRun } = state
  if (lastRun === undefined) return { answer: 'not_found', state }
  if (isAbove(lastRun.by, by)) return { answer: 'decided_above', state }
  if (lastRun.before === undefined) return { answer: 'invalid_state', state }
  return { answer: 'accepted', state: { decisions: lastRun.before, lastRun: { by: lastRun.by } } }
}

function change(state: State, call: Call): ReturnType<typeof apply> {
  const { decisions } = state
  const answer = judge(state, call)
  if (answer !== 'accepted') return { answer, state }
  const lastRun = { by: call.by, ...(call.stuck === undefined ? {} : { before: decisions }) }
  return { answer, state: { decisions: after(decisions, call), lastRun } }
}

function judge({ decisions, lastRun }: State, { action, by }: Call): Answer {
  const own = decisions[by]
  if (action === 'restore') {
    if (levels.some((level) => isAbove(level, by) && decisions[level] !== undefined)) return 'decided_above'
    if (Object.keys(decisions).length === 0) return 'invalid_state'
  } else if (own === 'closed' || (own === 'suspended' && action === 'suspend')) {
    return 'invalid_state'
  }
  return lastRun?.before === undefined ? 'accepted' : 'operation_in_progress'
}

/** A restore ends the decisions of its level and below; above it there are none. */
function after(decisions: Decisions, { action, by }: Call): Decisions {
  if (action === 'restore') return {}
  return { ...decisions, [by]: action === 'close' ? 'closed' : 'suspended' }
}

const isAbove = (one: LevelName, other: LevelName) => levels.indexOf(one) < levels.indexOf(other)

/** Every call by every level. */
export const calls: readonly Call[] = (['suspend', 'close', 'restore', 'cancel'] as const).flatMap((action) =>
  levels.map((by) => ({ action, by })),
)

/**
 * Every sequence of calls that are accepted, each with the refused calls that can follow. A refused call changes nothing, so the
 * sequences with one go on as the sequence without it. A run is stuck only when its cancel follows.
 */
export function sequencesUpTo(length: number): { accepted: Call[]; refused: Call[] }[] {
  const found: { accepted: Call[]; refused: Call[] }[] = []
  const walk = (accepted: Call[], state: State): void => {
    const next = calls.filter((call) => apply(state, call).answer === 'accepted')
    const full = accepted.length === length
    found.push({ accepted, refused: full ? [] : calls.filter((call) => !next.includes(call)) })
    if (full) return
    for (const call of next) {
      walk([...accepted, call], apply(state, call).state)
      const stuck = { ...call, stuck: true } as const
      if (call.action !== 'cancel' && accepted.length + 2 <= length)
        walk([...accepted, stuck], apply(state, stuck).state)
    }
  }
  walk([], initial)
  return found
}
