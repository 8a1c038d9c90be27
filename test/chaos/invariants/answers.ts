import type { SentRequest } from '../clients/customer.ts'
import { isAddingAccount, repeated, type Invariant, type Violation } from './invariant.ts'

export const answers: Invariant = {
  title: 'one request is one onboarding, however often it is sent; what is wrong is refused',
  check({ sent, runs }) {
    const onboardings = runs.filter(isAddingAccount)
    const known = new Set(sent.map(({ id }) => id))
    const unknown = onboardings
      .filter(({ id }) => !known.has(id))
      .map(({ id }) => ({ run: id, what: 'Nobody was told of this onboarding.' }))
    const twice = repeated(onboardings, ({ key, parentId }) => `${key} below ${parentId}`).map(([key]) => ({
      what: `There are several onboardings for ${key}.`,
    }))
    const count = sent.reduce((sum, each) => sum + each.answers.length, 0)
    return {
      compared: `${sent.length} requests with ${count} answers, ${onboardings.length} onboardings`,
      violations: [...unknown, ...twice, ...sent.flatMap(wrongAnswers)],
    }
  },
}

function wrongAnswers({ request, answers: given, id }: SentRequest): Violation[] {
  const wrong = (what: string): Violation => ({ run: id, name: request.name, what })
  return given.flatMap((answer) => {
    const said = `The answer ${answer.status} ${answer.code ?? ''} to ${answer.what}`
    if (request.conduct === 'invalid')
      return answer.status === 422 ? [] : [wrong(`${said} takes what is wrong.`)]
    if (answer.what === 'other body')
      return answer.code === 'idempotency_key_reused'
        ? []
        : [wrong(`${said} takes another body under its key.`)]
    if (request.conduct === 'shares an email' && answer.status === 422) return []
    if (answer.id === undefined) return [wrong(`${said} refuses what is right.`)]
    return answer.id === id ? [] : [wrong(`${said} names another onboarding.`)]
  })
}
