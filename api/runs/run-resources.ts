import type { Run } from '../../domain/runs/run-record.ts'

/** A resource that shows runs: onboardings are the runs that add an account, operations all others. */
export interface RunResource {
  /** The name in operation ids, as in `retryOnboarding`. */
  name: 'Onboarding' | 'Operation'
  tag: 'Onboardings' | 'Operations'
  path: '/onboardings/:onboardingId' | '/operations/:operationId'
  parameter: 'onboardingId' | 'operationId'
  serves(run: Run): boolean
}

export const onboardingResource: RunResource = {
  name: 'Onboarding',
  tag: 'Onboardings',
  path: '/onboardings/:onboardingId',
  parameter: 'onboardingId',
  serves: ({ kind }) => kind === 'add-account',
}

export const operationResource: RunResource = {
  name: 'Operation',
  tag: 'Operations',
  path: '/operations/:operationId',
  parameter: 'operationId',
  serves: ({ kind }) => kind !== 'add-account',
}
