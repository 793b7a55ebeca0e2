package broker

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAStopwatchCountsOnlyWhatIsNotPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, watch, stop := limited(t.Context(), 10*time.Second, 0)
		defer stop()
		for range 3 { // 9 seconds run, an hour and a half does not
			time.Sleep(3 * time.Second)
			resume := watch.pause()
			time.Sleep(30 * time.Minute)
			resume()
		}
		time.Sleep(time.Second - 1)
		synctest.Wait()
		if ctx.Err() != nil {
			t.Fatal("the time was up too early")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if ctx.Err() == nil || stopReason(ctx) != reasonTimeout {
			t.Errorf("%v, %s", ctx.Err(), stopReason(ctx))
		}
	})
}

func TestATimeThatIsUpIsNotGivenBackByAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, watch, stop := limited(t.Context(), time.Second, 0)
		defer stop()
		time.Sleep(time.Second)
		synctest.Wait()
		resume := watch.pause()
		time.Sleep(time.Hour)
		resume()
		synctest.Wait()
		if stopReason(ctx) != reasonTimeout {
			t.Error(stopReason(ctx))
		}
	})
}

func TestAPauseWithinAPauseChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, watch, stop := limited(t.Context(), 2*time.Second, 0)
		defer stop()
		time.Sleep(time.Second)
		resume := watch.pause()
		watch.pause()()
		time.Sleep(time.Hour)
		if synctest.Wait(); ctx.Err() != nil {
			t.Fatal("it ran on")
		}
		resume()
		time.Sleep(time.Second)
		if synctest.Wait(); stopReason(ctx) != reasonTimeout {
			t.Error(stopReason(ctx))
		}
	})
}

func TestAPeriodEndsWhileItsCommandIsPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, watch, stop := limited(t.Context(), time.Second, time.Minute)
		defer stop()
		resume := watch.pause()
		defer resume()
		time.Sleep(time.Minute - 1)
		if synctest.Wait(); ctx.Err() != nil {
			t.Fatal("it ended too early")
		}
		time.Sleep(time.Nanosecond)
		if synctest.Wait(); stopReason(ctx) != reasonExpired {
			t.Error(stopReason(ctx))
		}
	})
}

func TestTheFirstReasonToStopStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, _, stop := limited(t.Context(), time.Second, 2*time.Second)
		time.Sleep(3 * time.Second)
		if synctest.Wait(); stopReason(ctx) != reasonTimeout {
			t.Error(stopReason(ctx))
		}
		stop()
		if stopReason(ctx) != reasonTimeout {
			t.Error(stopReason(ctx))
		}
	})
}
