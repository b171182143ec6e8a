"""OR-Tools 9.15 routing: cheapest insertion, then guided local search; pair costs by an evaluator for each row."""

from typing import Any

import numpy as np

from suture.planner.problem import FORBIDDEN, Problem


def solve(p: Problem, seconds: float, seed: int) -> list[list[int]]:
    """Node numbers by row. The routing solver takes no seed: nodes are given in an order drawn by it."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    order = np.random.default_rng(seed).permutation(p.n)
    n, r = p.n, p.r
    places = np.r_[p.nodes.place[order], p.rows.start_place, p.rows.end_place]
    travel = p.travel[np.ix_(places, places)].tolist()
    busy = p.nodes.busy[order].tolist() + [0] * (2 * r)
    manager = pywrapcp.RoutingIndexManager(n + 2 * r, r, list(range(n, n + r)), list(range(n + r, n + 2 * r)))
    model = pywrapcp.RoutingModel(manager)
    node = manager.IndexToNode
    time = model.RegisterTransitCallback(lambda a, b: travel[node(a)][node(b)] + busy[node(a)])
    model.AddDimension(time, 10**7, 10**7, False, "time")
    clock = model.GetDimensionOrDie("time")
    alike = bool((p.pair_cost == 0).all())
    if alike:
        model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitCallback(lambda a, b: travel[node(a)][node(b)]))
    for k in range(r):
        if not alike:
            model.SetArcCostEvaluatorOfVehicle(_priced(model, node, travel, p.pair_cost[order, k].tolist(), n), k)
        clock.CumulVar(model.Start(k)).SetMin(int(p.rows.leave[k]))
        clock.CumulVar(model.End(k)).SetMax(int(p.rows.hard_end[k]))
    if p.nodes.demand.any():
        demand = p.nodes.demand[order].tolist() + [0] * (2 * r)
        load = model.RegisterUnaryTransitCallback(lambda a: demand[node(a)])
        model.AddDimensionWithVehicleCapacity(load, 0, p.rows.capacity.tolist(), True, "load")
    for i, v in enumerate(order):
        index = manager.NodeToIndex(i)
        opens, closes = p.nodes.windows[v][0]
        clock.CumulVar(index).SetRange(opens, closes)
        if not p.nodes.required[v]:
            model.AddDisjunction([index], int(p.nodes.uncovered[v]))
        rows = [k for k in range(r) if p.pair_cost[v, k] < FORBIDDEN]
        if len(rows) < r:
            model.VehicleVar(index).SetValues([-1, *rows])
    limits = pywrapcp.DefaultRoutingSearchParameters()
    limits.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    limits.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    limits.time_limit.FromMilliseconds(int(seconds * 1000))
    found = model.SolveWithParameters(limits)
    if found is None:
        return [[] for _ in range(r)]
    return [_route(model, manager, found, k, order) for k in range(r)]


def _priced(model: Any, node: Any, travel: list[list[int]], pair: list[int], n: int) -> Any:
    def cost(a: int, b: int) -> int:
        to = node(b)
        return int(travel[node(a)][to] + (min(pair[to], 10**7) if to < n else 0))

    return model.RegisterTransitCallback(cost)


def _route(model: Any, manager: Any, found: Any, k: int, order: Any) -> list[int]:
    route, index = [], found.Value(model.NextVar(model.Start(k)))
    while not model.IsEnd(index):
        route.append(int(order[manager.IndexToNode(index)]))
        index = found.Value(model.NextVar(index))
    return route
