import type { EngineApi } from '../../stack/api.ts'
import type { Engine } from '../../stack/engine.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { untilOperation } from '../runs/run-calls.ts'
import { linkIn, setPassword } from './mails.ts'

const wait = { prefer: 'wait=20' }

/** The calls of the tests about users, each waiting for its run. */
export function userCalls(engine: Engine, api: EngineApi) {
  const change = (id: string, action: 'close' | 'restore' | 'suspend', query = '') =>
    api.post(`/v1/organizations/${id}/${action}${query}`, {}, wait)
  return {
    change,
    addUser: (organizationId: string, email: string, fullName = 'Grace') =>
      api.post(`/v1/organizations/${organizationId}/users`, { fullName, email }, wait),
    patch: (userId: string, body: unknown, headers: Record<string, string> = {}) =>
      api.patch(`/v1/users/${userId}`, body, { ...wait, ...headers }),
    move: (userId: string, organizationId: string, headers: Record<string, string> = {}) =>
      api.post(`/v1/users/${userId}/move`, { organizationId }, { ...wait, ...headers }),
    remove: (userId: string, headers: Record<string, string> = {}) =>
      api.send('DELETE', `/v1/users/${userId}`, undefined, { ...wait, ...headers }),
    resend: (userId: string, body: unknown = {}) =>
      api.post(`/v1/users/${userId}/password-instructions`, body, wait),
    read: async (userId: string) => (await api.get(`/v1/users/${userId}`)).body,
    usersOf: async (organizationId: string, query = '') =>
      (await api.get(`/v1/organizations/${organizationId}/users${query}`)).body.items,
    /** Reads the changes of an organization in its activity, newest first. */
    async changesOf(organizationId: string) {
      const { body } = await api.get(`/v1/organizations/${organizationId}/activity?limit=100`)
      const changes = body.items.filter(({ type }: { type: string }) => type === 'organization')
      return changes.map(({ data, actor }: { data: { fields: unknown }; actor: string }) => ({
        actor,
        ...data,
      }))
    },
    /** Adds an account with its first user. */
    async anAccount(email: string, overrides: Parameters<typeof anAccountBody>[0] = {}) {
      const { body } = await api.addAccount(anAccountBody({ email, ...overrides }))
      return { id: String(body.organizationId), userId: String(body.userId), onboardingId: String(body.id) }
    },
    /** Lets the user choose a password by the link in the newest message. */
    accept: (email: string, password: string) => setPassword(api, linkIn(engine, email), password),
    canSignIn: (email: string, password: string) =>
      engine.identity.api.signInEmail({ body: { email, password } }).then(
        () => true,
        () => false,
      ),
    /** Cancels a stuck operation, and waits until it is undone. @returns the operation. */
    async cancel(operationId: string) {
      await api.post(`/v1/operations/${operationId}/cancel`)
      await untilOperation(api, operationId, 'cancelled')
      return (await api.get(`/v1/operations/${operationId}`)).body
    },
  }
}
