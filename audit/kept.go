package audit

import "context"

// Kept tells what became of events whose Append said that they may be on record all the same. It opens the next chain
// first: when that is durable, so is whatever stands before it. An error means that it still cannot be known.
func (l *Log) Kept(ctx context.Context, failed *NotRecorded) (bool, error) {
	if !failed.Unknown {
		return false, nil
	}
	if r := failed.request; r != nil { // it was still being written when its Append gave up
		select {
		case <-r.answer:
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
		late, ok := r.err.(*NotRecorded)
		if !ok {
			return r.err == nil, nil
		}
		if failed = late; !failed.Unknown {
			return false, nil
		}
	}
	if _, err := l.submit(ctx, &request{}); err != nil {
		return false, err
	}
	view, err := l.cfg.Store.View(ctx)
	if err != nil {
		return false, err
	}
	defer view.Close()
	entry, ok, err := view.entry(failed.receipt.Writer, failed.receipt.Last)
	return ok && entry.Hash == failed.receipt.Head, err
}
