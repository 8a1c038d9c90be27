import { isOnboarding, type Invariant, runViolation, stepOf } from './invariant.ts'

export const messages: Invariant = {
  title: 'each message arrives at most once, unless support sends it again',
  check({ runs, books }) {
    const messagesByRun = Map.groupBy(books.messages, runIdOf)
    const onboardings = runs.filter(isOnboarding)
    const retries = onboardings.reduce((sum, run) => sum + run.messageRetries, 0)
    const onboardingIds = new Set(onboardings.map(({ id }) => id))
    const unknown = books.messages
      .filter((each) => !onboardingIds.has(runIdOf(each)))
      .map(({ messageId }) => ({ message: `The message ${messageId} belongs to no onboarding.` }))
    return {
      compared: `${books.messages.length} messages, ${onboardings.length} onboardings, ${retries} retries by support`,
      violations: [
        ...unknown,
        ...onboardings.flatMap((run) => {
          const arrived = messagesByRun.get(run.id)?.length ?? 0
          const allowed = stepOf(run, 'notify-user') === undefined ? 0 : 1 + run.messageRetries
          if (arrived > allowed)
            return [runViolation(run, `${arrived} messages arrived, and ${allowed} were allowed.`)]
          const isDone = stepOf(run, 'notify-user')?.status === 'done'
          return isDone && arrived === 0
            ? [runViolation(run, 'Step notify-user is done, and no message arrived.')]
            : []
        }),
      ],
    }
  },
}

/** Our message ids begin with the id of the run. */
function runIdOf({ messageId }: { messageId: string }): string {
  return messageId.split('.')[0] ?? ''
}
