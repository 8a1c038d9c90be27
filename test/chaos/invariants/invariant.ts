import type { History, JournalRun } from '../history/history.ts'

export interface Violation {
  /** The run that it is about, where it is about one. */
  run?: string | undefined
  /** The request, likewise. */
  name?: string | undefined
  what: string
}

/** Something that has to hold, whatever was done to the deployment. */
export interface Invariant {
  title: string
  /** `compared` says in words which numbers were looked at. */
  check(history: History): { compared: string; violations: Violation[] }
}

/** Those groups of items which are larger than one, by what they have in common. */
export function repeated<Item>(items: readonly Item[], keyOf: (item: Item) => string): [string, Item[]][] {
  const groups = Map.groupBy(items, keyOf)
  return [...groups].filter(([, group]) => group.length > 1)
}

export function isAddingAccount({ kind }: Pick<JournalRun, 'kind'>): boolean {
  return kind === 'add-account'
}

export function about(run: JournalRun, what: string): Violation {
  return { run: run.id, ...(run.key === null ? {} : { name: run.key }), what }
}

/** Whose account an organization is, for a violation about it. */
export function whose(
  { runs }: Pick<History, 'runs'>,
  organizationId: string,
): Pick<Violation, 'run' | 'name'> {
  const run = runs.find((each) => isAddingAccount(each) && each.organizationId === organizationId)
  return { run: run?.id, name: run?.key ?? undefined }
}

export function stepOf(run: JournalRun, id: string): JournalRun['steps'][number] | undefined {
  return run.steps.find((step) => step.id === id)
}
