import type { Run } from '../../domain/runs/run-record.ts'

/** Runs are told apart for callers: those that add an account, and those that change one. */
export interface RunResource {
  /** As in `retryOnboarding`. */
  name: 'Onboarding' | 'Operation'
  tag: 'Onboardings' | 'Operations'
  path: '/onboardings/:onboardingId' | '/operations/:operationId'
  parameter: 'onboardingId' | 'operationId'
  holds(run: Run): boolean
}

export const onboardingResource: RunResource = {
  name: 'Onboarding',
  tag: 'Onboardings',
  path: '/onboardings/:onboardingId',
  parameter: 'onboardingId',
  holds: ({ kind }) => kind === 'add-account',
}

export const operationResource: RunResource = {
  name: 'Operation',
  tag: 'Operations',
  path: '/operations/:operationId',
  parameter: 'operationId',
  holds: ({ kind }) => kind !== 'add-account',
}
