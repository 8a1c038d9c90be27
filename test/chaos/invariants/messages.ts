import { about, isAddingAccount, type Invariant, stepOf } from './invariant.ts'

export const messages: Invariant = {
  title: 'no message twice, unless a person had it sent again',
  check({ runs, books }) {
    const ofRun = Map.groupBy(books.messages, ({ messageId }) => messageId.split('.')[0] ?? '')
    const onboardings = runs.filter(isAddingAccount)
    const asked = onboardings.reduce((sum, run) => sum + run.askedAgain, 0)
    const known = new Set(onboardings.map(({ id }) => id))
    const strangers = books.messages
      .filter(({ messageId }) => !known.has(messageId.split('.')[0] ?? ''))
      .map(({ messageId }) => ({ what: `The message ${messageId} is of no onboarding.` }))
    return {
      compared: `${books.messages.length} messages, ${onboardings.length} onboardings, asked again ${asked} times`,
      violations: [
        ...strangers,
        ...onboardings.flatMap((run) => {
          const arrived = ofRun.get(run.id)?.length ?? 0
          const allowed = stepOf(run, 'notify-user') === undefined ? 0 : 1 + run.askedAgain
          if (arrived > allowed)
            return [about(run, `${arrived} messages arrived, and ${allowed} were asked for.`)]
          const isSent = stepOf(run, 'notify-user')?.status === 'done'
          return isSent && arrived === 0
            ? [about(run, 'Its message is said to be sent, and never arrived.')]
            : []
        }),
      ],
    }
  },
}
