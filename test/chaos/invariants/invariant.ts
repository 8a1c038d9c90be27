import type { History, JournalRun } from '../history/history.ts'

export interface Violation {
  /** The run that breaks the invariant, if there is one. */
  runId?: string | undefined
  /** The name of the request that breaks the invariant, if there is one. */
  requestName?: string | undefined
  message: string
}

/** A rule that must hold after every chaos run. */
export interface Invariant {
  title: string
  /** `compared` is text with the numbers of things that the check compared. */
  check(history: History): { compared: string; violations: Violation[] }
}

/** @returns the groups with more than one item, each with the key that its items share. */
export function repeated<Item>(items: readonly Item[], keyOf: (item: Item) => string): [string, Item[]][] {
  const groups = Map.groupBy(items, keyOf)
  return [...groups].filter(([, group]) => group.length > 1)
}

export function isOnboarding({ kind }: Pick<JournalRun, 'kind'>): boolean {
  return kind === 'add-account'
}

export function runViolation(run: JournalRun, message: string): Violation {
  return { runId: run.id, ...(run.key === null ? {} : { requestName: run.key }), message }
}

/** @returns the run that added the organization, and its request, for a violation about the organization. */
export function originOf({ runs }: History, organizationId: string): Omit<Violation, 'message'> {
  const run = runs.find((each) => isOnboarding(each) && each.organizationId === organizationId)
  return { runId: run?.id, requestName: run?.key ?? undefined }
}

/** @returns a violation about the organization, with the run that added it. */
export function accountViolation(history: History, organizationId: string, message: string): Violation {
  return { ...originOf(history, organizationId), message }
}

export function stepOf(run: JournalRun, id: string): JournalRun['steps'][number] | undefined {
  return run.steps.find((step) => step.id === id)
}
