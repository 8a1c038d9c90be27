import type { SentRequest } from '../clients/caller.ts'
import { isOnboarding, repeated, type Invariant, type Violation } from './invariant.ts'

export const answers: Invariant = {
  title: 'each request makes one onboarding, even if it is sent several times; an invalid request is refused',
  check({ sent, runs }) {
    const onboardings = runs.filter(isOnboarding)
    const answeredIds = new Set(sent.map(({ id }) => id))
    const unknown = onboardings
      .filter(({ id }) => !answeredIds.has(id))
      .map(({ id }) => ({ runId: id, message: 'No answer named this onboarding.' }))
    const twice = repeated(onboardings, ({ key, parentId }) => `${key} below ${parentId}`).map(([key]) => ({
      message: `There are several onboardings for ${key}.`,
    }))
    const count = sent.reduce((sum, each) => sum + each.answers.length, 0)
    return {
      compared: `${sent.length} requests with ${count} answers, ${onboardings.length} onboardings`,
      violations: [...unknown, ...twice, ...sent.flatMap(wrongAnswers)],
    }
  },
}

function wrongAnswers({ request, answers: received, id }: SentRequest): Violation[] {
  const wrong = (message: string): Violation => ({ runId: id, requestName: request.name, message })
  return received.flatMap((answer) => {
    const described = `The answer ${answer.status} ${answer.code ?? ''} to the ${answer.to} request`
    if (request.conduct === 'invalid')
      return answer.status === 422 ? [] : [wrong(`${described} accepts an invalid body.`)]
    if (answer.to === 'changed')
      return answer.code === 'idempotency_key_reused'
        ? []
        : [wrong(`${described} accepts another body under the same key.`)]
    if (request.conduct === 'shares an email' && answer.status === 422) return []
    if (answer.id === undefined) return [wrong(`${described} refuses a valid body.`)]
    return answer.id === id ? [] : [wrong(`${described} names another onboarding.`)]
  })
}
