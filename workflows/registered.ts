// The workflow types that a worker runs. The workflow bundle is made from this file. Every kind of run has its own workflow type;
// one function carries out all of them.
export {
  executeRun as addAccount,
  executeRun as addUser,
  executeRun as billAccount,
  executeRun as changePlan,
  executeRun as closeAccount,
  executeRun as expireTrial,
  executeRun as moveUser,
  executeRun as remindTrial,
  executeRun as removeUser,
  executeRun as resendInvitation,
  executeRun as restoreAccount,
  executeRun as suspendAccount,
  executeRun as switchBilling,
  executeRun as updateCustomer,
  executeRun as updateUser,
} from './run.ts'
export { billMonth } from './bill-month.ts'
export { reconcileRound } from './reconcile-round.ts'
export { decideInBulk } from './decide-in-bulk.ts'
export { trialRound } from './trial-round.ts'
