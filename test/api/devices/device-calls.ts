import { expect } from 'vitest'
import type { AccountType } from '../../../domain/organizations/organization-types.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlan } from '../../builders/plan.ts'
import { type Answer, type ApiUnderTest, itemsOf } from '../api-under-test.ts'

/** Makes short calls for the routes of devices and licenses. */
export function deviceCalls(api: ApiUnderTest) {
  return {
    /** Adds an account below the platform. Without a plan it has no licenses. */
    async anAccount(plan?: Parameters<typeof aPlan>[2], type: AccountType = 'customer'): Promise<string> {
      const id = await anOrganization(api.db, api.platformId, { type })
      if (plan !== undefined) await aPlan(api.db, id, plan)
      return id
    },
    add: (organizationId: string, body: unknown = { name: 'Laptop' }) =>
      api.post(`/v1/organizations/${organizationId}/devices`, body),
    move: (deviceId: unknown, body: unknown = { name: 'New laptop' }) =>
      api.post(`/v1/devices/${String(deviceId)}/move`, body),
    remove: (deviceId: unknown) => api.send('DELETE', `/v1/devices/${String(deviceId)}`),
    read: async (deviceId: unknown) => (await api.get(`/v1/devices/${String(deviceId)}`)).body,
    list: (organizationId: string, query = '') =>
      api.get(`/v1/organizations/${organizationId}/devices${query}`),
    licensesOf: async (organizationId: string) =>
      (await api.get(`/v1/organizations/${organizationId}/licenses`)).body,
  }
}

export function namesIn(answer: Answer): unknown[] {
  return itemsOf(answer).map(({ name }) => name)
}

/** Expects a 409 with this code. @param nextAction what the answer tells the caller to do. */
export function expectRefusal(answer: Answer, code: string, nextAction: RegExp): void {
  expect([answer.status, answer.body.code]).toEqual([409, code])
  expect(answer.body.nextAction).toMatch(nextAction)
}
