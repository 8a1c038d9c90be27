import type { BulkDecision } from '../../domain/decisions/bulk-decision.ts'
import { bulkWorkflowId } from '../../workflows/contract.ts'
import { type TemporalUi, uiUrlOf } from '../runs/presenter.ts'
import type { BulkDecisionView } from './schemas.ts'

export function presentBulkDecision(bulk: BulkDecision, ui: TemporalUi): BulkDecisionView {
  const { acceptedAt, closedAt, filter, counts, ...rest } = bulk
  const id = bulkWorkflowId(bulk.id)
  return {
    ...rest,
    filter: filter as BulkDecisionView['filter'],
    counts: { ...noItems, ...counts },
    status: closedAt === null ? 'running' : 'closed',
    workflow: { id, uiUrl: uiUrlOf(id, ui) },
    acceptedAt: acceptedAt.toISOString(),
    closedAt: closedAt?.toISOString() ?? null,
  }
}

const noItems: BulkDecisionView['counts'] = {
  pending: 0,
  sent: 0,
  completed: 0,
  needs_attention: 0,
  cancelled: 0,
  failed: 0,
  refused: 0,
}
